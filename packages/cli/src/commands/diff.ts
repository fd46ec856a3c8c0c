/** `paramwise diff`: what changes from one config to another. */
import { diffPlans, type ParamPlan } from '@paramwise/core';
import {
  CONFIG,
  CONFIG_OPTIONS,
  type Command,
  JSON_OPTION,
  jsonText,
  MODEL,
  planOptions,
  required,
} from '../command.ts';
import type { ConfigFile } from '../config/load.ts';
import { type PlannedConfig, type PlannedMember, planConfig } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { optimizerSettings } from '../schedule-groups.ts';
import { printable } from '../text/paint.ts';
import { warningText } from '../text/plan-text.ts';

export const diff: Command = {
  name: 'diff',
  about: 'show which parameters change from one config to another, and how',
  parameters: [MODEL, { name: 'config-a', about: CONFIG.about }, { name: 'config-b', about: 'the other config' }],
  options: [...CONFIG_OPTIONS, JSON_OPTION],
  examples: [['paramwise diff resnet50.json.gz before.py after.py', 'every change, equal ones on one line']],
  async run(given, { out, err }) {
    const model = required(given, 'model');
    const before = await planConfig(model, required(given, 'configA'), planOptions(given));
    const after = await planConfig(model, required(given, 'configB'), planOptions(given));
    if (before.isSeveral !== after.isSeveral) {
      refuse(
        'one of the configs has one optimizer, the other a mapping of several: their plans have no common members',
      );
    }
    if (given.json)
      out(jsonText(before.isSeveral ? membersJson(before, after) : diffJson(...pairs(before, after)[0]!)));
    else {
      const lines = before.isSeveral ? membersLines(before, after) : diffLines(...pairs(before, after)[0]!);
      out(`${lines.join('\n') || 'no parameter changes'}\n`);
    }
    err(warningText([...new Set([...before.mainWarnings, ...after.mainWarnings])]));
    return 0;
  },
};

type Pair = readonly [before: PlannedMember, after: PlannedMember];

/** Members that both configs have. */
function pairs(before: PlannedConfig, after: PlannedConfig): Pair[] {
  return before.members.flatMap((member): Pair[] => {
    const other = after.members.find(({ name }) => name === member.name);
    return other === undefined ? [] : [[member, other]];
  });
}

/** Names of the members that only the first config has. */
function onlyIn({ members }: PlannedConfig, other: PlannedConfig): string[] {
  return members.map(({ name }) => name).filter((name) => !other.members.some((member) => member.name === name));
}

function diffJson(before: PlannedMember, after: PlannedMember) {
  return {
    optimizer: optimizerChanges(before.config, after.config),
    changes: changesOf(before.plan, after.plan),
  };
}

function membersJson(before: PlannedConfig, after: PlannedConfig) {
  return {
    members: Object.fromEntries(pairs(before, after).map(([from, to]) => [from.name, diffJson(from, to)])),
    onlyBefore: onlyIn(before, after),
    onlyAfter: onlyIn(after, before),
  };
}

function diffLines(before: PlannedMember, after: PlannedMember): string[] {
  const optimizer = optimizerLine(optimizerChanges(before.config, after.config));
  const lines = [optimizer, ...diffPlans(before.plan, after.plan).split('\n')];
  return lines.filter((line) => line !== '').map(printable);
}

function membersLines(before: PlannedConfig, after: PlannedConfig): string[] {
  const changed = pairs(before, after).flatMap(([from, to]) => {
    const lines = diffLines(from, to);
    return lines.length === 0 ? [] : [printable(`${from.name}:`), ...lines.map((line) => `  ${line}`)];
  });
  const gone = onlyIn(before, after).map((name) => `${name}: only in the first config`);
  const added = onlyIn(after, before).map((name) => `${name}: only in the second config`);
  return [...changed, ...[...gone, ...added].map(printable)];
}

/** A setting of the optimizer that is shown with no parameter; `null` where it is not set. */
interface OptimizerChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Settings shown with every parameter. */
const OF_PARAMETERS: readonly string[] = ['lr', 'weight_decay'];

/** The type first, then settings that a config gives; one that is the default of the algorithm is no change. */
function optimizerChanges(before: ConfigFile, after: ConfigFile): OptimizerChange[] {
  const [old, now] = [before, after].map(({ optim_wrapper }) => Object(Object(optim_wrapper).optimizer) as Settings);
  const from: Settings = { ...optimizerSettings(before), type: old!.type };
  const to: Settings = { ...optimizerSettings(after), type: now!.type };
  const names = new Set(['type', ...Object.keys(old!), ...Object.keys(now!)]);
  return [...names]
    .filter((name) => !OF_PARAMETERS.includes(name))
    .map((name) => ({ name, before: from[name] ?? null, after: to[name] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

function optimizerLine(changes: readonly OptimizerChange[]): string {
  if (changes.length === 0) return '';
  const text = (value: unknown) => {
    if (value === null) return 'default';
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return `optimizer: ${changes.map(({ name, before, after }) => `${name} ${text(before)} → ${text(after)}`).join(', ')}`;
}

interface Change {
  readonly path: string;
  /** Settings, those of the optimizer included; `null` where the parameter is not trained. */
  readonly before: Settings | null;
  readonly after: Settings | null;
}

type Settings = Readonly<Record<string, unknown>>;

function changesOf(before: ParamPlan, after: ParamPlan): Change[] {
  const old = settingsByPath(before);
  const now = settingsByPath(after);
  return [...old.keys()]
    .map((path) => ({ path, before: old.get(path) ?? null, after: now.get(path) ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

function settingsByPath({ groups, skipped, base }: ParamPlan): Map<string, Settings | null> {
  const settings = new Map<string, Settings | null>(skipped.map(({ path }) => [path, null]));
  for (const { path, options } of groups) settings.set(path, sorted({ ...base, ...options }));
  return settings;
}

const sorted = (settings: object): Settings =>
  Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
