/** Several optimizers in one config: what a command does for one, done for each under its name. */
import { ConfigError, type Issue } from '@paramwise/core';
import { hasMembers, memberPath, readMemberSchedules, readMembers } from '@paramwise/core/internal';
import type { ConfigFile } from './config/load.ts';
import { Refusal } from './refusal.ts';

/** Whether a config has several optimizers. */
export function hasSeveral({ optim_wrapper }: ConfigFile): boolean {
  return hasMembers(optim_wrapper);
}

/**
 * The config of each member as if it stood alone in a file, by name.
 *
 * @throws ConfigError for a mapping that is none of members, and for schedules that are not theirs.
 */
export function memberConfigs(config: ConfigFile): ReadonlyMap<string, ConfigFile> {
  const { members, issues } = readMembers(config.optim_wrapper);
  if (issues.length > 0) throw new ConfigError(issues);
  const names = members.map(({ name }) => name);
  const { byMember } = readMemberSchedules(config.param_scheduler, names);
  return new Map(
    members.map(({ name, optimWrapper }) => {
      return [name, { ...config, optim_wrapper: optimWrapper, param_scheduler: byMember.get(name) }];
    }),
  );
}

/** What `work` gives for the config of a member; what it refuses is said under the member's name. @param whole the file. */
export function forMember<T>(whole: ConfigFile, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(inMember(name, error.message), { cause: error });
    if (!(error instanceof ConfigError)) throw error;
    const issues = error.issues.map((issue): Issue => {
      if (issue.path[0] !== 'param_scheduler') return { ...issue, path: memberPath(name, issue.path, 'optim_wrapper') };
      return tellsApart(whole) ? { ...issue, path: memberPath(name, issue.path, 'param_scheduler') } : issue;
    });
    throw new ConfigError(issues);
  }
}

/** Whether schedules stand under the names of members. */
const tellsApart = ({ param_scheduler }: ConfigFile): boolean =>
  readMemberSchedules(param_scheduler, Object.keys(Object(param_scheduler))).isMapping;

function inMember(name: string, message: string): string {
  return message.startsWith('optim_wrapper.')
    ? message.replace('optim_wrapper.', `optim_wrapper.${name}.`)
    : `${name}: ${message}`;
}

/** The warnings of a member, told apart from those of the others. */
export function ofMember(name: string, warnings: readonly string[]): string[] {
  return warnings.map((warning) => `${name}: ${warning}`);
}
