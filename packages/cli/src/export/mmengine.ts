/** A plan as a Python config that MMEngine loads. */
import { MEMBERS_CONSTRUCTOR } from '@paramwise/core/internal';
import { forMember, ofMember } from '../members.ts';
import type { PlannedConfig } from '../planning.ts';
import { printable } from '../text/paint.ts';
import { type PlainConfig, plainConfig } from './expand.ts';
import { pythonLiteral } from './python.ts';
import type { Exported } from './target.ts';

/** @param path where it is to be written. @throws Refusal where MMEngine cannot express the plan. */
export function exportMmengine(planned: PlannedConfig, path: string): Exported {
  const { optim_wrapper, param_scheduler, notes } = planned.isSeveral
    ? plainMembers(planned)
    : plainConfig(planned.members[0]!);
  const head = [`Parameter settings of ${planned.modelName}, for MMEngine.`, ...notes];
  const lines = [
    ...head.map((line) => `# ${printable(line)}`),
    `optim_wrapper = ${pythonLiteral(optim_wrapper)}`,
    ...(param_scheduler === undefined ? [] : [`param_scheduler = ${pythonLiteral(param_scheduler)}`]),
  ];
  return { files: [{ path, text: `${lines.join('\n')}\n` }], notes };
}

/** A mapping of members again, with the schedules of each. */
function plainMembers({ members, config }: PlannedConfig): PlainConfig {
  const plain = members.map((member) => {
    const { name } = member;
    return {
      name,
      modules: modulesOf(config.optim_wrapper, name),
      ...forMember(config, name, () => plainConfig(member)),
    };
  });
  const wrappers = plain.map(({ name, modules, optim_wrapper }) => [name, { ...modules, ...optim_wrapper }]);
  const { constructor: named } = config.optim_wrapper as Readonly<Record<string, unknown>>;
  const maker = typeof named === 'string' ? named : MEMBERS_CONSTRUCTOR;
  const schedules = plain.map(({ name, param_scheduler }) => [name, param_scheduler]);
  return {
    optim_wrapper: { constructor: maker, ...Object.fromEntries(wrappers) },
    param_scheduler: config.param_scheduler === undefined ? undefined : Object.fromEntries(schedules),
    notes: [
      `constructor ${maker} is to be registered in MMEngine: MMagic has ${MEMBERS_CONSTRUCTOR}`,
      ...plain.flatMap(({ name, notes }) => ofMember(name, notes)),
    ],
  };
}

/** What the config says about the modules of a member. */
function modulesOf(optimWrapper: unknown, name: string): object {
  const { modules } = Object(Object(optimWrapper)[name]) as Readonly<Record<string, unknown>>;
  return modules === undefined ? {} : { modules };
}
