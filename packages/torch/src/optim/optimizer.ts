/**
 * The optimizer: parameter groups, state, and one native call a step for all of them.
 *
 * Groups and state have the form and the names of `torch.optim.Optimizer`, so that schedulers and checkpoints of
 * either side fit.
 */
import { ConfigError } from '@paramwise/core';
import { enableGrad } from '../autograd.ts';
import { zerosLike } from '../creation.ts';
import { withGradient, zeroGrads } from '../gradients.ts';
import { keep } from '../handle.ts';
import { native } from '../native.ts';
import type { Tensor } from '../tensor.ts';
import { intern, reserve, wire } from '../wire.ts';
import type { Algorithm, Settings } from './algorithm.ts';
import {
  checkSettings,
  completeDefaults,
  type ParamsInput,
  type TorchParamGroup,
  toGroup,
  toGroups,
} from './groups.ts';
import { type OptimizerStateDict, readStateDict, writeStateDict } from './state-dict.ts';

/** What an optimizer remembers of one parameter. */
export interface ParamState {
  /** Steps in which the parameter had a gradient. */
  step: number;
  /** State tensors by PyTorch's names. */
  slots: Record<string, Tensor>;
}

export class Optimizer {
  readonly algorithm: Algorithm;
  /** Settings of a group that has none of its own. */
  readonly defaults: Settings;
  readonly paramGroups: TorchParamGroup[] = [];
  /** State by parameter; a parameter that never had a gradient has none. */
  readonly state = new Map<Tensor, ParamState>();

  /**
   * @param params tensors, or groups `{params, lr, …}` with settings of their own
   * @param options settings by PyTorch's names, for groups that do not set them
   * @throws ConfigError for an unknown option, a value out of range, a parameter in two groups
   */
  constructor(algorithm: Algorithm, params: ParamsInput, options: Settings = {}) {
    this.algorithm = algorithm;
    this.defaults = completeDefaults(algorithm, options, [algorithm.name]);
    for (const group of toGroups(params, [algorithm.name, 'params'])) this.addParamGroup(group);
  }

  /** Adds parameters, with settings of their own where given. Throws ConfigError as the constructor, and adds nothing. */
  addParamGroup(group: { params: Tensor | Iterable<Tensor>; [setting: string]: unknown }): void {
    const index = this.paramGroups.length;
    const path = [this.algorithm.name, 'params', index];
    const complete: TorchParamGroup = { ...structuredClone(this.defaults), ...toGroup(group, path) };
    checkSettings(this.algorithm, complete, path);
    this.refuseDuplicates(complete, index);
    this.paramGroups.push(complete);
  }

  private refuseDuplicates(group: TorchParamGroup, index: number): void {
    const owners = new Map<Tensor, string>();
    for (const [at, { params, paramNames }] of this.paramGroups.entries())
      for (const [i, param] of params.entries()) owners.set(param, nameIn(at, i, paramNames));
    group.params.forEach((param, i) => {
      const second = nameIn(index, i, group.paramNames);
      const first = owners.get(param);
      if (first !== undefined)
        throw new ConfigError([
          { code: 'duplicate_parameter', path: [this.algorithm.name, 'params', index], first, second },
        ]);
      owners.set(param, second);
    });
  }

  /**
   * Updates every parameter that has a gradient. With a closure, which computes the loss and its gradients anew, runs
   * it first and returns what it returned.
   *
   * @throws Error for a sparse gradient, or state that does not fit; nothing was changed then
   */
  step<T>(closure?: () => T): T | undefined {
    const loss = closure && enableGrad(closure);
    const batches = new Map<string, Work[]>();
    for (const group of this.paramGroups) this.collect(group, batches);
    for (const [kernel, work] of batches) this.run(kernel, work);
    return loss;
  }

  private collect(group: TorchParamGroup, batches: Map<string, Work[]>): void {
    const { algorithm } = this;
    const params = withGradient(group.params);
    if (params.length === 0) return;
    checkSettings(algorithm, group, [algorithm.name, 'params', this.paramGroups.indexOf(group)]);
    const kernel = algorithm.kernel(group);
    const slots = algorithm.slots(group);
    const batch = batches.get(kernel) ?? [];
    batches.set(kernel, batch);
    for (const param of params) batch.push(this.workOn(param, group, slots));
  }

  private workOn(param: Tensor, group: TorchParamGroup, slots: readonly string[]): Work {
    const state = this.state.get(param) ?? { step: 0, slots: {} };
    this.state.set(param, state);
    let fresh = false;
    for (const slot of slots)
      if (!state.slots[slot]) {
        state.slots[slot] = keep(zerosLike(param));
        fresh = true;
      }
    const settings = this.algorithm.kernelSettings(group, state.step + 1, fresh);
    return { param, state, slots, settings };
  }

  private run(kernel: string, work: readonly Work[]): void {
    const { slots, settings } = work[0] as Work;
    reserve(0, 2 + work.length * (1 + slots.length + settings.length));
    const { words } = wire;
    words[0] = intern(kernel);
    words[1] = work.length;
    let at = 2;
    for (const { param, state, slots, settings } of work) {
      words[at++] = param.id;
      for (const slot of slots) words[at++] = (state.slots[slot] as Tensor).id;
      for (const setting of settings) words[at++] = setting;
    }
    native.optimizerStep();
    for (const { state } of work) state.step++;
  }

  /** Clears the gradients: drops them (default), or fills them with zeros, which keeps their memory. */
  zeroGrad(setToNone = true): void {
    zeroGrads(
      this.paramGroups.flatMap((group) => group.params),
      setToNone,
    );
  }

  /** State and settings as PyTorch lays them out; parameters are numbered in the order of the groups. */
  stateDict(): OptimizerStateDict {
    return writeStateDict(this);
  }

  /** Takes over state and settings. Throws when groups or shapes do not fit, and changes nothing then. */
  loadStateDict(dict: OptimizerStateDict): void {
    readStateDict(this, dict);
  }

  toString(): string {
    const groups = this.paramGroups.map((group, index) => {
      const settings = Object.entries(group).filter(([name]) => name !== 'params' && name !== 'paramNames');
      const lines = settings.map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`);
      return [`  Parameter Group ${index} (${group.params.length} parameters)`, ...lines].join('\n');
    });
    return [`${this.algorithm.name} (`, ...groups, ')'].join('\n');
  }
}

interface Work {
  param: Tensor;
  state: ParamState;
  slots: readonly string[];
  settings: readonly number[];
}

function nameIn(group: number, index: number, names: readonly string[] | undefined): string {
  return names?.[index] ?? `group ${group}, parameter ${index}`;
}
