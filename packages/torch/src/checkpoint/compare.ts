/** A checkpoint beside what it is to be loaded into: what fits, what does not, what differs. Nothing is changed. */
import type { ParamScheduler } from '@paramwise/core';
import { absentNames } from '../nn/state-dict.ts';
import { Optimizer } from '../optim/optimizer.ts';
import type { Tensor } from '../tensor.ts';
import type { Saved, SavedWrapper } from './format.ts';
import { fitOptimizer, type Names, type OptimizerFit } from './optimizer.ts';
import type { Member, Parts } from './parts.ts';
import type { LoadReport } from './report.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

export interface LoadPlan {
  report: LoadReport;
  /** By what trains, and with it the rest of a wrapper's state. */
  fits: Map<Member, OptimizerFit & { rest: Record<string, unknown> }>;
  /** Values for schedules; none for one that the file has not, or has of another kind. */
  schedules: ReadonlyMap<ParamScheduler, Record<string, unknown>>;
  /** For the driver; undefined where the file has none for these optimizers. */
  driver: Record<string, unknown> | undefined;
}

export function compare(parts: Parts, saved: Saved, tensors: Tensors): LoadPlan {
  const report: LoadReport = {
    missing: [],
    unexpected: [],
    moved: [],
    reshaped: [],
    differing: [],
    meta: saved.meta,
  };
  compareTensors(parts.model.stateDict(), below(tensors, 'model/'), report);
  const fits = compareMembers(parts, saved, tensors, report);
  const schedules = compareSchedules(parts, saved, report);
  if (parts.extra) compareTensors(parts.extra, below(tensors, 'extra/', ''), report);
  return { report, fits, schedules, driver: driverState(parts, saved, report) };
}

/** Tensors of the file whose names begin with `prefix`, which is left out of their names. */
export function below(tensors: Tensors, prefix: string, cut = prefix): Map<string, Tensor> {
  const found = Object.entries(tensors).filter(([key]) => key.startsWith(prefix));
  return new Map(found.map(([key, tensor]) => [key.slice(cut.length), tensor]));
}

/** What the state of an optimizer is called in a file and in reports. */
export function prefixOf(member: string): string {
  return member === '' ? 'optimizer' : `optimizer/${member}`;
}

export function namesOf({ model }: Parts): Names {
  return new Map(model.namedParameters().map(([name, param]) => [param, name]));
}

export const optimizerOf = (member: Member): Optimizer => (member instanceof Optimizer ? member : member.optimizer);

/** How a file calls what held the optimizer. */
export const typeOf = (member: Member): string => (member instanceof Optimizer ? 'Optimizer' : member.constructor.name);

function compareTensors(
  own: ReadonlyMap<string, Tensor>,
  found: ReadonlyMap<string, Tensor>,
  report: LoadReport,
): void {
  report.missing.push(...absentNames(own, found));
  for (const [name, { shape }] of found) {
    const here = own.get(name);
    if (!here) report.unexpected.push(name);
    else if (here.shape.join() !== shape.join()) report.reshaped.push(name);
  }
}

function compareMembers(parts: Parts, saved: Saved, tensors: Tensors, report: LoadReport): LoadPlan['fits'] {
  const fits: LoadPlan['fits'] = new Map();
  const { members } = parts;
  if (!members) return fits;
  const reshaped = new Set(report.reshaped);
  const names = namesOf(parts);
  for (const [name, member] of members) {
    const found = Object.hasOwn(saved.wrappers, name) ? saved.wrappers[name] : undefined;
    const prefix = prefixOf(name);
    if (!found) {
      report.missing.push(prefix);
      continue;
    }
    const optimizer = optimizerOf(member);
    const fit = fitOptimizer(optimizer, names, found.optimizer, prefix, tensors, reshaped);
    fits.set(member, { ...fit, rest: restFor(optimizer, found) });
    report.moved.push(...fit.moved);
    report.missing.push(...fit.missing.map((each) => `${prefix}/${each}`));
    report.unexpected.push(...fit.unexpected.map((each) => `${prefix}/${each}`));
    report.unexpected.push(...fit.algorithms.map((each) => `${prefix}: ${each}`));
    report.differing.push(...fit.differing);
    const own = typeOf(member);
    if (found.type !== own)
      report.unexpected.push(`${prefix.replace('optimizer', 'wrapper')}: ${found.type}, not ${own}`);
  }
  for (const name of Object.keys(saved.wrappers)) if (!members.has(name)) report.unexpected.push(prefixOf(name));
  return fits;
}

/** What a wrapper holds beside its optimizer's state; base settings of another algorithm are not taken. */
function restFor(optimizer: Optimizer, { optimizer: { algorithm }, rest }: SavedWrapper): Record<string, unknown> {
  const { base_param_settings, ...others } = rest;
  return algorithm === optimizer.algorithm.name ? rest : others;
}

function compareSchedules({ schedulers }: Parts, saved: Saved, report: LoadReport): LoadPlan['schedules'] {
  const states = new Map<ParamScheduler, Record<string, unknown>>();
  if (!schedulers) return states;
  const names = saved.scheduleNames ?? saved.schedulers.map((_, index) => String(index));
  for (const name of names) if (!schedulers.has(name)) report.unexpected.push(`schedulers/${name}`);
  for (const [key, scheduler] of schedulers) {
    const state = saved.schedulers[names.indexOf(key)];
    const name = `schedulers/${key}`;
    if (!state) {
      report.missing.push(name);
      continue;
    }
    const isOther = scheduler.isOtherKind(state);
    const list = isOther ? report.unexpected : report.differing;
    list.push(...scheduler.differences(state).map((each) => `${name}: ${each}`));
    if (!isOther) states.set(scheduler, state);
  }
  return states;
}

/** A driver that the file lacks needs nothing of it: it is told that the updates before are done. */
function driverState({ schedulers, driver }: Parts, saved: Saved, report: LoadReport): LoadPlan['driver'] {
  if (!schedulers || !saved.driver) return undefined;
  const state = saved.driver;
  const own = driver?.members && Object.keys(driver.members).sort();
  const theirs = typeof state.update_count === 'object' ? Object.keys(Object(state.update_count)).sort() : undefined;
  if (driver && own?.join('/') === theirs?.join('/')) return state;
  report.unexpected.push('schedulers/driver');
  return undefined;
}
