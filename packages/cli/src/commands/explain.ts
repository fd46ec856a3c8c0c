/** `paramwise explain`: why one parameter has its settings. */
import { explainParam, type ParamPlan } from '@paramwise/core';
import { CONFIG, type Command, JSON_OPTION, jsonText, MODEL, planOptions, required } from '../command.ts';
import { type PlannedConfig, type PlannedMember, planConfig } from '../planning.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { printable } from '../text/paint.ts';
import { warningText } from '../text/plan-text.ts';

export const explain: Command = {
  name: 'explain',
  about: 'say step by step why one parameter gets its settings, and which keys lost',
  parameters: [MODEL, CONFIG, { name: 'param', about: 'dotted path of the parameter, such as layer1.0.bn1.weight' }],
  options: [JSON_OPTION],
  examples: [['paramwise explain resnet50.json.gz config.py layer1.0.bn1.weight', 'the rules for this parameter']],
  async run(given, { out, err, paint }) {
    const planned = await planConfig(required(given, 'model'), required(given, 'config'), planOptions(given));
    const found = membersWith(planned, required(given, 'param'));
    const texts = found.map(({ member: { name, plan }, path }) => {
      const [head = '', ...reasons] = explained(plan, path).split('\n');
      const whose = planned.isSeveral ? `${name}: ` : '';
      return `${[paint.bold(printable(`${whose}${head}`)), ...reasons.map(printable)].join('\n')}\n`;
    });
    if (given.json) out(jsonText(explanation(planned, found)));
    else out(texts.join('\n'));
    err(warningText(planned.mainWarnings));
    return 0;
  },
};

/** A member and the path of the parameter in its module. */
interface Place {
  readonly member: PlannedMember;
  readonly path: string;
}

/** The members that have a parameter of this path in the model. */
function membersWith({ isSeveral, members }: PlannedConfig, path: string): Place[] {
  if (!isSeveral) return [{ member: members[0]!, path }];
  const places = members.flatMap((member): Place[] => {
    if (member.module === '') return [{ member, path }];
    return path.startsWith(`${member.module}.`) ? [{ member, path: path.slice(member.module.length + 1) }] : [];
  });
  const having = places.filter(({ member: { plan }, path: inner }) => {
    return [...plan.groups, ...plan.skipped].some((entry) => entry.path === inner);
  });
  if (having.length > 0) return having;
  // One member that could have it says what is near.
  if (places.length > 0) return places.slice(0, 1);
  const modules = members.map(({ name, module }) => (module === '' || module === name ? name : `${name} (${module})`));
  return refuse(`no member has a parameter "${path}"; paths are those in the model, and members ${modules.join(', ')}`);
}

/** For several optimizers by the name of each member that has the parameter. */
function explanation({ isSeveral }: PlannedConfig, found: readonly Place[]): object {
  const texts = found.map(({ member, path }) => [member.name, explainJson(member.plan, path)] as const);
  return isSeveral ? { members: Object.fromEntries(texts) } : texts[0]![1];
}

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
