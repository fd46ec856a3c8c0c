/** What is saved and loaded together: names and types are checked before anything is done. */
import { type MemberSchedulers, ParamScheduler, ScheduleDriver } from '@paramwise/core';
import { describeValue, nearestName } from '@paramwise/core/internal';
import { unwrapped } from '../distributed/data-parallel.ts';
import { Module } from '../nn/module.ts';
import { Optimizer } from '../optim/optimizer.ts';
import { OptimWrapper } from '../optim/wrapper.ts';
import { OptimWrapperDict } from '../optim/wrapper-dict.ts';
import { Tensor } from '../tensor.ts';

/** What is saved together. Only the model has to be there. */
export interface CheckpointParts {
  /** One in `DistributedDataParallel` is saved and loaded as it is without. */
  model: Module;
  /** What trains: a wrapper, several under their names, or an optimizer without one. */
  wrapper?: OptimWrapper | OptimWrapperDict | Optimizer;
  /** Another name for `wrapper`: one of the two. */
  optimizer?: OptimWrapper | OptimWrapperDict | Optimizer;
  /** A list, lists under the names of several optimizers, or the driver that steps them. */
  schedulers?: readonly ParamScheduler[] | MemberSchedulers | ScheduleDriver;
  /** More state by name: modules, such as an average of the model, and tensors. A name has no slash. */
  extra?: Readonly<Record<string, Module | Tensor>>;
}

/** What has the state of one optimizer. */
export type Member = OptimWrapper | Optimizer;

/** Parts that were checked, in one form. */
export interface Parts {
  model: Module;
  /** What trains by its name, which is empty for a single one; undefined where the part is not given. */
  members: ReadonlyMap<string, Member> | undefined;
  /** Schedules by their name in a file: their place in the list, after the name of its member where there are several. */
  schedulers: ReadonlyMap<string, ParamScheduler> | undefined;
  driver: ScheduleDriver | undefined;
  /** Tensors by the name they have in a file, `extra/NAME` or `extra/NAME/PATH`; undefined where the part is not given. */
  extra: ReadonlyMap<string, Tensor> | undefined;
}

const NAMES = ['model', 'wrapper', 'optimizer', 'schedulers', 'extra'];

/**
 * The parts in one form. `where` is the function that was given them.
 *
 * @throws TypeError for a name that is no part, and for a part of another type
 */
export function checkParts(where: string, parts: CheckpointParts): Parts {
  if (typeof parts !== 'object' || parts === null || parts instanceof Module)
    throw new TypeError(`${where}: the parts are a mapping such as { model, wrapper }; found ${nameOf(parts)}`);
  refuseUnknown(where, parts, NAMES, 'part', (name) => `; other state goes under extra: { ${name}: … }`);
  const { model, wrapper, optimizer, schedulers, extra } = parts;
  if (!(model instanceof Module)) refuseType(where, 'model', model, 'a Module');
  if (wrapper !== undefined && optimizer !== undefined)
    throw new TypeError(`${where}: wrapper and optimizer are two names for one part; give the wrapper alone`);
  return {
    model: unwrapped(model),
    members: wrapper === undefined ? membersOf(where, 'optimizer', optimizer) : membersOf(where, 'wrapper', wrapper),
    ...schedulesOf(where, schedulers),
    extra: extra === undefined ? undefined : extraTensors(where, extra),
  };
}

/** @throws TypeError for an option of another name; `where` is the function that was given it */
export function checkOptions(where: string, options: object, allowed: readonly string[]): void {
  refuseUnknown(where, options, allowed, 'option', () => '');
}

function refuseUnknown(
  where: string,
  given: object,
  allowed: readonly string[],
  kind: string,
  more: (name: string) => string,
): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || allowed.includes(name)) continue;
    const nearest = nearestName(name, allowed);
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    throw new TypeError(
      `${where}: there is no ${kind} "${name}"${hint} (allowed: ${allowed.join(', ')})${nearest === undefined ? more(name) : ''}`,
    );
  }
}

function refuseType(where: string, part: string, found: unknown, wanted: string): never {
  throw new TypeError(`${where}: ${part} must be ${wanted}; found ${nameOf(found)}`);
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return describeValue(value);
  const { name } = value.constructor ?? {};
  return name === undefined || name === '' || name === 'Object' ? describeValue(value) : `an object of class ${name}`;
}

function membersOf(where: string, part: string, given: unknown): Parts['members'] {
  if (given === undefined) return undefined;
  if (given instanceof Optimizer) return new Map([['', given]]);
  const wrappers = given instanceof OptimWrapperDict ? [...given.entries()] : [['', given] as const];
  const members = new Map<string, Member>();
  for (const [name, wrapper] of wrappers) {
    if (!(wrapper instanceof OptimWrapper)) break;
    const stepping: unknown = wrapper.optimizer;
    // State by parameter name needs what an algorithm keeps; what only steps does not say.
    if (!(stepping instanceof Optimizer)) refuseType(where, `the optimizer in ${part}`, stepping, 'an Optimizer');
    members.set(name, wrapper);
  }
  if (members.size === wrappers.length) return members;
  refuseType(where, part, given, 'an OptimWrapper, an OptimWrapperDict or an Optimizer');
}

function schedulesOf(where: string, given: CheckpointParts['schedulers']): Pick<Parts, 'schedulers' | 'driver'> {
  if (given === undefined) return { schedulers: undefined, driver: undefined };
  if (given instanceof ScheduleDriver)
    return { schedulers: namedSchedules(given.members ?? given.schedulers), driver: given };
  const lists: unknown[] = Array.isArray(given) ? [given] : Object.values(Object(given));
  const isRight = (list: unknown) => Array.isArray(list) && list.every((each) => each instanceof ParamScheduler);
  if (typeof given !== 'object' || given === null || !lists.every(isRight))
    refuseType(where, 'schedulers', given, 'a ScheduleDriver, or a list of schedulers');
  return { schedulers: namedSchedules(given), driver: undefined };
}

function namedSchedules(given: readonly ParamScheduler[] | MemberSchedulers): ReadonlyMap<string, ParamScheduler> {
  const named = (list: readonly ParamScheduler[], prefix: string) =>
    list.map((scheduler, index) => [`${prefix}${index}`, scheduler] as const);
  if (isList(given)) return new Map(named(given, ''));
  return new Map(Object.entries(given).flatMap(([name, list]) => named(list, `${name}/`)));
}

const isList = (given: readonly ParamScheduler[] | MemberSchedulers): given is readonly ParamScheduler[] =>
  Array.isArray(given);

function extraTensors(where: string, extra: Readonly<Record<string, unknown>>): Map<string, Tensor> {
  if (typeof extra !== 'object' || extra === null || Array.isArray(extra) || extra instanceof Module)
    refuseType(where, 'extra', extra, 'a mapping of names to modules and tensors, such as { ema }');
  const found = new Map<string, Tensor>();
  for (const [name, value] of Object.entries(extra)) {
    if (name === '' || name.includes('/'))
      throw new TypeError(`${where}: extra has the name "${name}"; a name is not empty and has no slash`);
    if (value instanceof Tensor) found.set(`extra/${name}`, value);
    else if (value instanceof Module)
      for (const [path, tensor] of value.stateDict()) found.set(`extra/${name}/${path}`, tensor);
    else refuseType(where, `extra.${name}`, value, 'a Module or a Tensor');
  }
  return found;
}
