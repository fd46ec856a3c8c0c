/** `paramwise diff`: what changes from one config to another. */
import { diffPlans, type ParamPlan } from '@paramwise/core';
import {
  CONFIG,
  CONFIG_OPTIONS,
  type Command,
  JSON_OPTION,
  jsonText,
  MODEL,
  readOptions,
  required,
} from '../command.ts';
import type { ConfigFile } from '../config/load.ts';
import { planFiles } from '../planning.ts';
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
    const before = await planFiles(model, required(given, 'configA'), readOptions(given));
    const after = await planFiles(model, required(given, 'configB'), readOptions(given));
    const optimizer = optimizerChanges(before.config, after.config);
    if (given.json) out(jsonText({ optimizer, changes: changesOf(before.plan, after.plan) }));
    else {
      const lines = [optimizerLine(optimizer), ...diffPlans(before.plan, after.plan).split('\n')];
      const shown = lines.filter((line) => line !== '').map(printable);
      out(`${shown.join('\n') || 'no parameter changes'}\n`);
    }
    err(warningText([...new Set([...before.mainWarnings, ...after.mainWarnings])]));
    return 0;
  },
};

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
