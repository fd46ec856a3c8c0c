/**
 * Checkpoints: everything a run needs to go on as if it had not stopped, in one safetensors file. Tensors are stored as
 * such, all else as JSON in the file's metadata; reading one runs no code.
 */
import { type ParamScheduler, ScheduleDriver } from '@paramwise/core';
import { tidy } from '../handle.ts';
import type { Module } from '../nn/module.ts';
import type { OptimWrapper } from '../optim/wrapper.ts';
import { OptimWrapperDict } from '../optim/wrapper-dict.ts';
import type { OptimWrapperStateDict } from '../optim/wrapper-options.ts';
import { getRngState, setRngState } from '../runtime.ts';
import { loadSafetensors, saveSafetensors } from '../safetensors.ts';
import type { Tensor } from '../tensor.ts';
import { loadGradients, type SavedSparse, saveGradients } from './gradients.ts';
import { fitOptimizer, type Names, type OptimizerFit, type SavedOptimizer, saveOptimizer } from './optimizer.ts';

/** What is saved together. Only the model has to be there. */
export interface CheckpointParts {
  model: Module;
  wrapper?: OptimWrapper | OptimWrapperDict;
  schedulers?: readonly ParamScheduler[] | ScheduleDriver;
}

export interface SaveOptions {
  /** Anything that JSON holds: epoch, best accuracy, the config. */
  meta?: unknown;
}

export interface LoadOptions {
  /** Refuse a checkpoint that does not fit in every name and shape (default); false takes what fits. */
  strict?: boolean;
  /** Also restore the random state. Default true. */
  rng?: boolean;
}

/** How the checkpoint fitted. Names of optimizer state carry the prefix `optimizer/`. */
export interface LoadReport {
  /** Here, but not in the file: left as they were. */
  missing: string[];
  /**
   * In the file, but not here: not used. So is state that something else left: `optimizer: AdamW, not SGD` for an
   * algorithm, `wrapper: AmpOptimWrapper, not OptimWrapper` for a wrapper's class.
   */
  unexpected: string[];
  /** Parameters that stand in another parameter group than when they were saved; their state came along. */
  moved: string[];
  /** In both with different shapes: left as they were, their optimizer state dropped. */
  reshaped: string[];
  /** What `saveCheckpoint` was given as `meta`. */
  meta: unknown;
}

/** A refused checkpoint; nothing was changed. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly report: LoadReport;

  constructor(path: string, report: LoadReport) {
    const lines = (['missing', 'unexpected', 'reshaped'] as const).flatMap((what) =>
      report[what].length > 0 ? [`  ${what}: ${report[what].join(', ')}`] : [],
    );
    super(
      `${path} does not fit:\n${lines.join('\n')}\nWith { strict: false } what fits is taken and the rest reported.`,
    );
    this.report = report;
  }
}

const FORMAT = 'paramwise-checkpoint/1';

interface SavedWrapper {
  /** Name of its class. */
  type: string;
  optimizer: SavedOptimizer;
  rest: Record<string, unknown>;
}

interface Saved {
  format: typeof FORMAT;
  wrappers: Record<string, SavedWrapper>;
  schedulers: Record<string, unknown>[];
  driver: Record<string, unknown> | null;
  sparse?: SavedSparse;
  meta: unknown;
}

/**
 * Writes a checkpoint: model, optimizer state by parameter name, counters and gradients of an unfinished accumulation,
 * loss scale, schedules, random state, metadata. The file appears whole or not at all.
 */
export function saveCheckpoint(path: string, parts: CheckpointParts, { meta = null }: SaveOptions = {}): void {
  const { model } = parts;
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, tensor] of model.stateDict()) tensors[`model/${name}`] = tensor;
  const names: Names = new Map(model.namedParameters().map(([name, param]) => [param, name]));
  const wrappers: Saved['wrappers'] = Object.create(null);
  for (const [name, wrapper] of membersOf(parts.wrapper)) {
    const { state: _, param_groups: __, ...rest } = wrapper.stateDict();
    const optimizer = saveOptimizer(wrapper.optimizer, names, prefixOf(name), tensors);
    wrappers[name] = { type: wrapper.constructor.name, optimizer, rest };
  }
  tidy(() => {
    const sparse = saveGradients(model, tensors);
    tensors['rng/cpu'] = getRngState();
    const { list, driver } = schedulesOf(parts.schedulers);
    const saved: Saved = {
      format: FORMAT,
      wrappers,
      schedulers: list.map((each) => each.stateDict()),
      driver: driver?.stateDict() ?? null,
      sparse,
      meta,
    };
    saveSafetensors(path, tensors, { paramwise: JSON.stringify(saved, encodeNumber) });
    (tensors['rng/cpu'] as Tensor).dispose();
  });
}

/**
 * Reads a checkpoint into the parts that are here, in place. Names decide, not positions: reordered layers and regrouped
 * parameters find their state.
 *
 * @throws CheckpointError where names or shapes differ and `strict` is not false; nothing was changed then
 * @throws Error where a part refuses its state; nothing was changed then
 */
export function loadCheckpoint(path: string, parts: CheckpointParts, options: LoadOptions = {}): LoadReport {
  const { tensors, metadata } = loadSafetensors(path);
  try {
    const saved = parseSaved(path, metadata.paramwise);
    const plan = compare(parts, saved, tensors);
    if (
      (options.strict ?? true) &&
      plan.report.missing.length + plan.report.unexpected.length + plan.report.reshaped.length > 0
    )
      throw new CheckpointError(path, plan.report);
    apply(parts, saved, tensors, plan, options.rng ?? true);
    return plan.report;
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}

const prefixOf = (wrapper: string): string => (wrapper === '' ? 'optimizer' : `optimizer/${wrapper}`);

function membersOf(wrapper: OptimWrapper | OptimWrapperDict | undefined): [string, OptimWrapper][] {
  if (!wrapper) return [];
  return wrapper instanceof OptimWrapperDict ? [...wrapper.entries()] : [['', wrapper]];
}

function schedulesOf(schedulers: CheckpointParts['schedulers']): {
  list: readonly ParamScheduler[];
  driver?: ScheduleDriver;
} {
  if (schedulers instanceof ScheduleDriver) return { list: schedulers.schedulers, driver: schedulers };
  return { list: schedulers ?? [] };
}

/** JSON has no infinities; rates and limits do. Keys that begin with `$` get another, so that they stay what they are. */
function encodeNumber(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  return renameKeys(value, '$', (key) => `$${key}`);
}

function decodeNumber(_key: string, value: unknown): unknown {
  const text = typeof value === 'object' && value !== null && '$number' in value ? value.$number : undefined;
  return typeof text === 'string' ? Number(text) : renameKeys(value, '$$', (key) => key.slice(1));
}

function renameKeys(value: unknown, prefix: string, rename: (key: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (!entries.some(([key]) => key.startsWith(prefix))) return value;
  return Object.fromEntries(entries.map(([key, each]) => [key.startsWith(prefix) ? rename(key) : key, each]));
}

function parseSaved(path: string, text: string | undefined): Saved {
  if (text === undefined) throw new Error(`${path} holds tensors but is no checkpoint: read it with loadSafetensors`);
  const saved = JSON.parse(text, decodeNumber) as Saved;
  if (saved.format !== FORMAT)
    throw new Error(`${path} is a checkpoint of format ${saved.format}; this version reads ${FORMAT}`);
  return saved;
}

interface LoadPlan {
  report: LoadReport;
  /** By wrapper, and with it the rest of the wrapper's state. */
  fits: Map<OptimWrapper, OptimizerFit & { rest: Record<string, unknown> }>;
}

function compare(parts: CheckpointParts, saved: Saved, tensors: Readonly<Record<string, Tensor>>): LoadPlan {
  const report: LoadReport = { missing: [], unexpected: [], moved: [], reshaped: [], meta: saved.meta };
  compareModel(parts.model, tensors, report);
  const reshaped = new Set(report.reshaped);
  const names: Names = new Map(parts.model.namedParameters().map(([name, param]) => [param, name]));
  const fits: LoadPlan['fits'] = new Map();
  const members = membersOf(parts.wrapper);
  for (const [name, wrapper] of members) {
    const found = saved.wrappers[name];
    const prefix = prefixOf(name);
    if (!found) {
      report.missing.push(prefix);
      continue;
    }
    const fit = fitOptimizer(wrapper.optimizer, names, found.optimizer, prefix, tensors, reshaped);
    fits.set(wrapper, { ...fit, rest: restFor(wrapper, found) });
    report.moved.push(...fit.moved);
    report.missing.push(...fit.missing.map((each) => `${prefix}/${each}`));
    report.unexpected.push(...fit.unexpected.map((each) => `${prefix}/${each}`));
    report.unexpected.push(...fit.algorithms.map((each) => `${prefix}: ${each}`));
    const own = wrapper.constructor.name;
    if (found.type !== own)
      report.unexpected.push(`${prefix.replace('optimizer', 'wrapper')}: ${found.type}, not ${own}`);
  }
  if (parts.wrapper)
    for (const name of Object.keys(saved.wrappers))
      if (!members.some(([own]) => own === name)) report.unexpected.push(prefixOf(name));
  const { list, driver } = schedulesOf(parts.schedulers);
  if (parts.schedulers) {
    if (driver && !saved.driver) report.missing.push('schedulers/driver');
    if (!driver && saved.driver) report.unexpected.push('schedulers/driver');
    for (let i = saved.schedulers.length; i < list.length; i++) report.missing.push(`schedulers/${i}`);
    for (let i = list.length; i < saved.schedulers.length; i++) report.unexpected.push(`schedulers/${i}`);
  }
  return { report, fits };
}

/** What a wrapper holds beside its optimizer's state; base settings of another algorithm are not taken. */
function restFor(
  { optimizer }: OptimWrapper,
  { optimizer: { algorithm }, rest }: SavedWrapper,
): Record<string, unknown> {
  const { base_param_settings, ...others } = rest;
  return algorithm === optimizer.algorithm.name ? rest : others;
}

function compareModel(model: Module, tensors: Readonly<Record<string, Tensor>>, report: LoadReport): void {
  const own = model.stateDict();
  for (const [name, tensor] of own) {
    const found = tensors[`model/${name}`];
    if (!found) report.missing.push(name);
    else if (found.shape.join() !== tensor.shape.join()) report.reshaped.push(name);
  }
  for (const key of Object.keys(tensors)) {
    const name = key.slice('model/'.length);
    if (key.startsWith('model/') && !own.has(name)) report.unexpected.push(name);
  }
}

/** Takes everything over. What can be refused comes first: it is checked, or undone. */
function apply(
  parts: CheckpointParts,
  saved: Saved,
  tensors: Readonly<Record<string, Tensor>>,
  plan: LoadPlan,
  rng: boolean,
): void {
  const { model } = parts;
  const reshaped = new Set(plan.report.reshaped);
  const values = [...model.stateDict().keys()].filter((name) => tensors[`model/${name}`] && !reshaped.has(name));
  const dicts = [...plan.fits].map(([wrapper, { dict, rest }]) => [wrapper, { ...dict, ...rest }] as const);
  for (const [wrapper, dict] of dicts) wrapper.checkStateDict(dict as OptimWrapperStateDict);
  tidy(() => {
    const gradients = loadGradients(model, tensors, saved.sparse ?? {}, reshaped);
    applySmall(parts.schedulers, saved, rng ? tensors['rng/cpu'] : undefined);
    for (const [wrapper, dict] of dicts) wrapper.loadStateDict(dict as OptimWrapperStateDict);
    model.loadStateDict(Object.fromEntries(values.map((name) => [name, tensors[`model/${name}`] as Tensor])), {
      strict: false,
    });
    for (const [param, grad] of gradients) param.grad = grad;
  });
}

/** Schedules and random state: loading them tells whether they fit, and loading them back costs nothing. */
function applySmall(schedulers: CheckpointParts['schedulers'], saved: Saved, rng: Tensor | undefined): void {
  const { list, driver } = schedulesOf(schedulers);
  const undo: (() => void)[] = [];
  const load = (target: ParamScheduler | ScheduleDriver, state: Record<string, unknown>) => {
    const before: Record<string, unknown> = target.stateDict();
    undo.unshift(() => target.loadStateDict(before));
    target.loadStateDict(state);
  };
  try {
    for (const [i, scheduler] of list.entries()) if (saved.schedulers[i]) load(scheduler, saved.schedulers[i]);
    if (driver && saved.driver) load(driver, saved.driver);
    // Refused whole, so that there is nothing to undo.
    if (rng) setRngState(rng);
  } catch (error) {
    for (const back of undo) back();
    throw error;
  }
}
