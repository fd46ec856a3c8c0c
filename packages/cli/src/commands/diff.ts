/** `paramwise diff`: what changes from one config to another. */
import { diffPlans, type ParamPlan } from '@paramwise/core';
import { CONFIG, type Command, JSON_OPTION, jsonText, MODEL, required } from '../command.ts';
import { planFiles } from '../planning.ts';
import { printable } from '../text/paint.ts';
import { warningText } from '../text/plan-text.ts';

export const diff: Command = {
  name: 'diff',
  about: 'show which parameters change from one config to another, and how',
  parameters: [MODEL, { name: 'config-a', about: CONFIG.about }, { name: 'config-b', about: 'the other config' }],
  options: [JSON_OPTION],
  examples: [['paramwise diff resnet50.json.gz before.py after.py', 'every change, equal ones on one line']],
  async run(given, { out, err }) {
    const model = required(given, 'model');
    const before = await planFiles(model, required(given, 'configA'));
    const after = await planFiles(model, required(given, 'configB'));
    if (given.json) out(jsonText({ changes: changesOf(before.plan, after.plan) }));
    else out(`${diffPlans(before.plan, after.plan).split('\n').map(printable).join('\n') || 'no parameter changes'}\n`);
    err(warningText([...new Set([...before.unknownNames, ...after.unknownNames])]));
    return 0;
  },
};

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
