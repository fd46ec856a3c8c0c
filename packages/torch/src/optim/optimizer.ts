/**
 * The optimizer: parameter groups, state, and on the CPU one native call a step for all parameters of a kernel.
 *
 * Groups and state have the form and the names of `torch.optim.Optimizer`, so that schedulers and checkpoints of
 * either side fit.
 */
import { ConfigError, type ConfigPath } from '@paramwise/core';
import {
  AS_IT_IS,
  checkSettings,
  completeDefaults,
  groupDefaults,
  refuseCamelCase,
  refuseUnsavable,
} from '@paramwise/core/internal';
import { enableGrad } from '../autograd.ts';
import { Gradient, placesOfGradients, zeroGrads } from '../gradients.ts';
import type { Tensor } from '../tensor.ts';
import type { Algorithm, Settings } from './algorithms/algorithm.ts';
import { findAlgorithm } from './algorithms/index.ts';
import {
  type GroupInput,
  nameIn,
  type ParamsInput,
  refuseParams,
  type TorchParamGroup,
  toGroup,
  toGroups,
} from './groups.ts';
import { commit, disposeAll, type ParamState, prepareWork, type Work } from './state.ts';
import { checkStateDict, type OptimizerStateDict, readStateDict, writeStateDict } from './state-dict.ts';
import { batchesOf, checkBatches, checkPath, foresee, runBatch, type StepPath } from './step-path.ts';
import type { Reading, SteppingOptimizer } from './stepping-optimizer.ts';

export class Optimizer implements SteppingOptimizer {
  /** What steps the groups that name no `algorithm` of their own. */
  readonly algorithm: Algorithm;
  /** Settings of a group that has none of its own. */
  readonly defaults: Settings;
  readonly paramGroups: TorchParamGroup[] = [];
  /** State by parameter; a parameter that never had a gradient has none. */
  readonly state = new Map<Tensor, ParamState>();
  /** Calls of `step` so far: what `freeze_until` of a group counts. */
  stepCount = 0;
  readonly #given: Settings;
  #stepPath: StepPath = 'kernel';

  /**
   * @param params tensors, or groups `{params, lr, …}` with settings of their own; in place of tensors also
   * `model.namedParameters()`, whose names messages then use. A group's `algorithm` names another
   * algorithm that steps it (its defaults are then that one's, but for `lr`, `weight_decay` and `maximize` given here);
   * `freeze_until: N` leaves it alone, without state, until N steps are done.
   * @param options settings by PyTorch's names, for groups that do not set them
   * @throws ConfigError for options that are no object, an unknown option or algorithm, a value out of range or one that
   * no checkpoint can hold, a parameter in two groups or one that the algorithm cannot step
   */
  constructor(
    algorithm: Algorithm,
    params: ParamsInput,
    options: Settings = {},
    { path = 'kernel' }: { path?: StepPath } = {},
  ) {
    this.algorithm = algorithm;
    this.#given = options;
    this.defaults = completeDefaults(algorithm, options, [algorithm.name]);
    this.path = path;
    for (const group of toGroups(params, [algorithm.name, 'params'])) this.addParamGroup(group);
  }

  /**
   * How steps are computed. Default `kernel`, in place of which tensors off the CPU take `foreach`.
   *
   * @throws ConfigError when set to anything else than a path
   */
  get path(): StepPath {
    return this.#stepPath;
  }

  set path(path: StepPath) {
    checkPath(path, [this.algorithm.name, 'path']);
    this.#stepPath = path;
  }

  /** Adds parameters, with settings of their own where given. Throws ConfigError as the constructor, and adds nothing. */
  addParamGroup(group: GroupInput): void {
    const index = this.paramGroups.length;
    const path = this.#pathOf(index);
    const given = toGroup(group, path);
    const { params: _, paramNames: __, ...settings } = given;
    const algorithm = this.algorithmOf(given, path);
    const defaults = algorithm === this.algorithm ? this.defaults : groupDefaults(algorithm, this.#given);
    const complete: TorchParamGroup = { ...structuredClone(defaults), ...given };
    refuseCamelCase(algorithm, complete, path);
    checkSettings(algorithm, complete, path);
    refuseUnsavable(settings, path);
    refuseParams(algorithm, complete, path);
    this.#refuseDuplicates(complete, index);
    this.paramGroups.push(complete);
  }

  #pathOf(index: number): ConfigPath {
    return [this.algorithm.name, 'params', index];
  }

  /** The algorithm that steps a group. @throws ConfigError for an unknown name */
  algorithmOf(group: Settings, path: ConfigPath = this.#pathOf(this.paramGroups.indexOf(group as TorchParamGroup))) {
    if (group.algorithm === undefined || group.algorithm === this.algorithm.name) return this.algorithm;
    return findAlgorithm(group.algorithm, [...path, 'algorithm']);
  }

  /** Whether the next step leaves a group alone because of its `freeze_until`. */
  isFrozen(group: Settings): boolean {
    return this.stepCount < Number(group.freeze_until ?? 0);
  }

  /** Parameters that the next step changes where they have a gradient: those of groups that nothing holds back. */
  activeParams(): Tensor[] {
    return this.paramGroups.flatMap((group) => (this.isFrozen(group) ? [] : group.params));
  }

  /** Whether this optimizer steps the parameter and keeps its state; where ranks share the work, another one may. */
  holds(_param: Tensor): boolean {
    return true;
  }

  #refuseDuplicates(group: TorchParamGroup, index: number): void {
    const owners = new Map<Tensor, string>();
    for (const [at, { params, paramNames }] of this.paramGroups.entries())
      for (const [i, param] of params.entries()) owners.set(param, nameIn(at, i, paramNames));
    group.params.forEach((param, i) => {
      const second = nameIn(index, i, group.paramNames);
      const first = owners.get(param);
      if (first !== undefined)
        throw new ConfigError([{ code: 'duplicate_parameter', path: this.#pathOf(index), first, second }]);
      owners.set(param, second);
    });
  }

  /**
   * Whether `step` reads gradients as its second argument says. A subclass that overrides `step` says so by taking that
   * argument, which it hands on to `super.step(closure, reading)`; one that does not take it finds gradients that were
   * un-scaled and clipped before. Override to say otherwise.
   */
  get readsGradients(): boolean {
    return this.step.length > 1;
  }

  /**
   * Updates every parameter that has a gradient. With a closure, which computes the loss and its gradients anew, runs
   * it first and returns what it returned.
   *
   * @param reading un-scaling and clipping of the gradients as they are read, or what is asked for them after the closure,
   * and answers null where no step is to be taken. A wrapper folds them into the step so. Default: as they are
   * @throws ConfigError for a setting that was moved out of range: nothing was changed then
   * @throws Error that names the parameter whose gradient or state does not fit (sparse, another dtype, another shape):
   * nothing was changed then. The gradients are still there: call `zeroGrad` before the next backward pass, which would
   * add to them
   */
  step<T>(closure?: () => T, reading?: Reading): T | undefined {
    const loss = closure && enableGrad(closure);
    const params = this.activeParams();
    const read = typeof reading === 'function' ? reading(params) : (reading ?? AS_IT_IS);
    if (read === null) return loss;
    this.#withWorks(params, (works) => {
      const batches = batchesOf(works, this.path);
      checkBatches(batches);
      for (const batch of batches) {
        runBatch(batch, read);
        for (const work of batch.works) {
          this.state.set(work.param, commit(work));
          works.delete(work);
        }
      }
    });
    this.stepCount++;
    return loss;
  }

  /** Throws where `step` without a closure would, and changes nothing. What a step of a subclass's own refuses is not known. */
  checkStep(): void {
    if (!this.readsGradients) return;
    this.#withWorks(this.activeParams(), (works) => foresee(batchesOf(works, this.path)));
  }

  /** Hands over what there is to do; what is left of it afterwards is released. */
  #withWorks(active: readonly Tensor[], use: (works: Set<Work>) => void): void {
    const works = new Set<Work>();
    try {
      this.#collect(works, active);
      use(works);
    } finally {
      for (const { made } of works) if (made) disposeAll(made);
    }
  }

  /** Adds what there is to do: every parameter of the active groups that has a gradient. */
  #collect(works: Set<Work>, active: readonly Tensor[]): void {
    const places = placesOfGradients(active).slice();
    let at = 0;
    for (const [group, settings] of this.paramGroups.entries()) {
      if (this.isFrozen(settings)) continue;
      const path = this.#pathOf(group);
      const algorithm = this.algorithmOf(settings, path);
      checkSettings(algorithm, settings, path);
      for (const [index, param] of settings.params.entries()) {
        const place = places[at++];
        if (place === Gradient.None || !this.holds(param)) continue;
        const onCpu = place === Gradient.OnCpu;
        works.add(prepareWork({ param, group, index, onCpu, algorithm, settings }, this.state.get(param)));
      }
    }
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

  /** Throws where `loadStateDict` would, and changes nothing. */
  checkStateDict(dict: OptimizerStateDict): void {
    checkStateDict(this, dict);
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
