/** `paramwise explain`: why one parameter has its settings. */
import { explainParam, type ParamPlan } from '@paramwise/core';
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
import { planFiles } from '../planning.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { printable } from '../text/paint.ts';
import { warningText } from '../text/plan-text.ts';

export const explain: Command = {
  name: 'explain',
  about: 'say step by step why one parameter gets its settings, and which keys lost',
  parameters: [MODEL, CONFIG, { name: 'param', about: 'dotted path of the parameter, such as layer1.0.bn1.weight' }],
  options: [...CONFIG_OPTIONS, JSON_OPTION],
  examples: [['paramwise explain resnet50.json.gz config.py layer1.0.bn1.weight', 'the rules for this parameter']],
  async run(given, { out, err, paint }) {
    const { plan, mainWarnings } = await planFiles(
      required(given, 'model'),
      required(given, 'config'),
      readOptions(given),
    );
    const path = required(given, 'param');
    const [head = '', ...reasons] = explained(plan, path).split('\n');
    if (given.json) out(jsonText(explainJson(plan, path)));
    else out(`${[paint.bold(printable(head)), ...reasons.map(printable)].join('\n')}\n`);
    err(warningText(mainWarnings));
    return 0;
  },
};

function explained(plan: ParamPlan, path: string): string {
  try {
    return explainParam(plan, path);
  } catch (error) {
    if (error instanceof RangeError) return refuse(reasonOf(error), error);
    throw error;
  }
}

function explainJson({ groups, skipped, duplicates, base }: ParamPlan, path: string): object {
  const planned = groups.find((entry) => entry.path === path);
  const leftOut = skipped.find((entry) => entry.path === path);
  const { param } = (planned ?? leftOut)!;
  const first = duplicates.find((entry) => entry.path === path)?.first;
  return {
    path,
    shape: param.shape,
    trained: planned !== undefined,
    ...(planned && {
      settings: { ...base, ...planned.options },
      options: planned.options,
      decidedBy: planned.decidedBy,
      reasons: planned.reasons,
    }),
    ...(leftOut && { reasons: [leftOut.reason] }),
    ...(first !== undefined && { duplicateOf: first }),
  };
}
