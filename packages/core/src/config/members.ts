/**
 * Configs of several optimizers: an `optim_wrapper` that is a mapping of members, each an `optim_wrapper` of its own, and
 * a `param_scheduler` for each of them.
 *
 * Source: MMEngine's Runner (`build_optim_wrapper`, `build_param_scheduler`) and MMagic's MultiOptimWrapperConstructor.
 */
import { isMapping } from './check.ts';
import { ConfigError, type ConfigPath, describeValue, type Issue } from './errors.ts';

/** The constructor of a mapping of members, as MMagic calls it. */
export const MEMBERS_CONSTRUCTOR = 'MultiOptimWrapperConstructor';
/** What stands for it: members are made by the default constructor, each for its own part of the model. */
export const MEMBERS_CONSTRUCTORS: readonly string[] = [MEMBERS_CONSTRUCTOR, 'DefaultOptimWrapperConstructor'];

/** Fields beside the members that are none. */
const BESIDE: readonly string[] = ['constructor', '_scope_'];
/** Fields of a member that stand at the top by mistake. */
const OF_MEMBERS: readonly string[] = [
  'type',
  'paramwise_cfg',
  'accumulative_counts',
  'clip_grad',
  'on_non_finite',
  'loss_scale',
  'dtype',
];

/** One optimizer of several. */
export interface MemberConfig {
  readonly name: string;
  /** Its `optim_wrapper`, unchecked and without `modules`. */
  readonly optimWrapper: unknown;
  /** Paths of the modules that it trains: those that it names, else its own name. */
  readonly modules: readonly string[];
}

export interface MembersConfig {
  readonly members: readonly MemberConfig[];
  /** The constructor that the mapping names, where it is another than the two that are known. */
  readonly otherConstructor: string | undefined;
  /** What is wrong beside the members' own configs. */
  readonly issues: readonly Issue[];
}

/**
 * Whether an `optim_wrapper` is a mapping of members: it has no `optimizer` itself, and one of its fields has, or it names
 * the constructor of several.
 */
export function hasMembers(config: unknown): config is Readonly<Record<string, unknown>> {
  if (!isMapping(config) || isGiven(config, 'optimizer')) return false;
  const isMember = (value: unknown) => isMapping(value) && Object.hasOwn(value, 'optimizer');
  return constructorOf(config)?.split('.').at(-1) === MEMBERS_CONSTRUCTOR || Object.values(config).some(isMember);
}

/** The members of a mapping, in its order. @throws ConfigError for what is none. */
export function readMembers(config: unknown): MembersConfig {
  if (!isMapping(config) || isGiven(config, 'optimizer')) {
    const found = isMapping(config) ? 'a config of one optimizer' : describeValue(config);
    const allowed = 'a mapping of members, each with an optimizer';
    throw new ConfigError([{ code: 'invalid_value', path: ['optim_wrapper'], found, allowed }]);
  }
  const issues: Issue[] = [];
  const members = Object.keys(config)
    .filter((name) => !BESIDE.includes(name) && isGiven(config, name))
    .flatMap((name) => readMember(name, config[name], issues));
  const maker = constructorOf(config);
  if (maker === undefined && isGiven(config, 'constructor')) {
    const found = describeValue(config.constructor);
    issues.push({ code: 'invalid_value', path: ['optim_wrapper', 'constructor'], found, allowed: 'a name' });
  }
  if (members.length === 0 && issues.length === 0) {
    issues.push({
      code: 'missing',
      path: ['optim_wrapper'],
      allowed: 'a member for each optimizer, such as generator',
    });
  }
  const isKnown = maker === undefined || MEMBERS_CONSTRUCTORS.includes(maker.split('.').at(-1)!);
  return { members, otherConstructor: isKnown ? undefined : maker, issues };
}

function readMember(name: string, value: unknown, issues: Issue[]): MemberConfig[] {
  const path = ['optim_wrapper', name];
  if (OF_MEMBERS.includes(name)) {
    const belongs = ['optim_wrapper', 'NAME', name];
    issues.push({ code: 'misplaced_field', path, beside: 'optimizer', belongs });
    return [];
  }
  if (!isMapping(value)) {
    issues.push({ code: 'invalid_value', path, found: describeValue(value), allowed: 'a mapping with an optimizer' });
    return [];
  }
  const { modules, ...optimWrapper } = value;
  const listed = typeof modules === 'string' ? [modules] : (modules ?? [name]);
  if (!Array.isArray(listed) || listed.length === 0 || !listed.every((each) => typeof each === 'string')) {
    const found = describeValue(modules);
    issues.push({ code: 'invalid_value', path: [...path, 'modules'], found, allowed: 'a path or a list of paths' });
    return [];
  }
  // A field of the name `constructor` is a field, whatever every object inherits.
  return [{ name, optimWrapper: Object.assign(Object.create(null), optimWrapper), modules: listed }];
}

/** A schedule for each member, as its part of the config. */
export interface MemberSchedules {
  readonly byMember: ReadonlyMap<string, unknown>;
  /** Whether the config tells members apart; otherwise all of them have the same schedules. */
  readonly isMapping: boolean;
}

/**
 * The `param_scheduler` of each member: that of its name, or the one that holds for all.
 *
 * @throws ConfigError for a member without one, and for a name that is no member's.
 */
export function readMemberSchedules(config: unknown, names: readonly string[]): MemberSchedules {
  if (!isMapping(config) || isGiven(config, 'type')) {
    return { byMember: new Map(names.map((name) => [name, config])), isMapping: false };
  }
  const unknown = Object.keys(config).filter((name) => !BESIDE.includes(name) && !names.includes(name));
  const issues: Issue[] = unknown.map((name) => {
    return { code: 'unknown_field', path: ['param_scheduler', name], allowed: names };
  });
  for (const name of names) {
    if (isGiven(config, name)) continue;
    const allowed = 'the schedules of this member; [] for none';
    issues.push({ code: 'missing', path: ['param_scheduler', name], allowed });
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return { byMember: new Map(names.map((name) => [name, config[name]])), isMapping: true };
}

/**
 * What `work` gives; where it refuses, `undefined`, and its issues are noted under the member's name.
 *
 * @param root the field that is a mapping of members: issues of other fields keep their path, but those that no field of
 * the file begins, such as `paramwise_cfg`, which are the member's.
 */
export function collectIssues<T>(
  name: string,
  issues: Issue[],
  work: () => T,
  root: 'optim_wrapper' | 'param_scheduler' = 'optim_wrapper',
): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues.map((issue) => ({ ...issue, path: memberPath(name, issue.path, root) })));
    return undefined;
  }
}

/** Where an issue of a member's own config stands in the whole; for `root` see `collectIssues`. */
export function memberPath(name: string, path: ConfigPath, root: 'optim_wrapper' | 'param_scheduler'): ConfigPath {
  if (path[0] === root) return [root, name, ...path.slice(1)];
  return root === 'optim_wrapper' ? [root, name, ...path] : path;
}

function isGiven(config: Readonly<Record<string, unknown>>, field: string): boolean {
  return Object.hasOwn(config, field) && config[field] !== undefined && config[field] !== null;
}

function constructorOf(config: Readonly<Record<string, unknown>>): string | undefined {
  const value: unknown = Object.hasOwn(config, 'constructor') ? config.constructor : undefined;
  return typeof value === 'string' ? value : undefined;
}
