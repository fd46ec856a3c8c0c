/** An optimizer whose state lies in parts on the ranks of a run. */
import { ConfigError } from '@paramwise/core';
import { shareOf } from '@paramwise/core/internal';
import { broadcastAllNow } from '../distributed/at-once.ts';
import { gatherState } from '../distributed/gather-state.ts';
import { groupFor, type ProcessGroup } from '../distributed/process-group.ts';
import { checkSameParameters } from '../distributed/same-parameters.ts';
import type { Tensor } from '../tensor.ts';
import type { Settings } from './algorithms/algorithm.ts';
import { findAlgorithm } from './algorithms/index.ts';
import type { GroupInput, ParamsInput } from './groups.ts';
import { Optimizer } from './optimizer.ts';
import type { OptimizerStateDict } from './state-dict.ts';
import type { Reading } from './stepping-optimizer.ts';

/** Settings of `ZeroRedundancyOptimizer`: the algorithm's own, and which one. */
export interface ZeroSettings extends Settings {
  /** The name of the algorithm that steps, such as `AdamW`. */
  optimizer_type?: string;
}

const NAME = 'ZeroRedundancyOptimizer';

/** The member of the group that steps each parameter. Beside the class, as the base class adds groups before it has fields. */
const ownersOf = new WeakMap<ZeroRedundancyOptimizer, ReadonlyMap<Tensor, number>>();

/**
 * Steps the parameters of a data-parallel model in shares: each rank keeps the state of about a part of them, steps those,
 * and gets the others from the ranks that step them. Results are those of the algorithm itself. Every rank constructs it
 * alike, and calls `step` and `stateDict` alike.
 *
 * Defaults: `optimizer_type` must be given · else as the algorithm. Parameters of any shape that the algorithm takes; shares
 * are by whole parameters, the largest first to the rank with the least.
 *
 * Source: Rajbhandari et al., "ZeRO", 2020 (stage 1); torch.distributed.optim.ZeroRedundancyOptimizer.
 *
 * @throws ConfigError for an unknown `optimizer_type`, and as the algorithm's own class; Error outside of a run, and on every
 * rank where one is given other parameters.
 */
export class ZeroRedundancyOptimizer extends Optimizer {
  readonly #group: ProcessGroup;

  constructor(params: ParamsInput, { optimizer_type, ...options }: ZeroSettings = {}) {
    if (optimizer_type === undefined)
      throw new ConfigError([
        { code: 'missing', path: [NAME, 'optimizer_type'], allowed: 'the name of an optimizer, such as "AdamW"' },
      ]);
    super(findAlgorithm(optimizer_type, [NAME, 'optimizer_type']), params, options);
    this.#group = groupFor(NAME);
    this.#checkSame(optimizer_type);
  }

  /** Adds parameters, as every optimizer; once there is state, shares are fixed, and an Error says so. */
  override addParamGroup(group: GroupInput): void {
    if (this.stepCount > 0 || this.state.size > 0)
      throw new Error(`${NAME}: a group cannot be added after the first step: shares are fixed`);
    super.addParamGroup(group);
    ownersOf.delete(this);
  }

  /** What ranks send to one another goes by order and size. */
  #checkSame(optimizer_type: string): void {
    const parameters = this.paramGroups
      .flatMap((group) => group.params)
      .map((param, i) => [`number ${i}`, param] as const);
    checkSameParameters(NAME, this.#group, { parameters, options: { optimizer_type } });
  }

  /** The member of the group that steps a parameter. */
  #ownerOf(param: Tensor): number | undefined {
    let owners = ownersOf.get(this);
    if (owners === undefined) {
      const params = this.paramGroups.flatMap((group) => group.params);
      const shares = shareOf(
        params.map(({ numel }) => numel),
        this.#group.size,
      );
      owners = new Map(params.map((each, index) => [each, shares[index] as number]));
      ownersOf.set(this, owners);
    }
    return owners.get(param);
  }

  /** Whether this rank steps the parameter and keeps its state. */
  override holds(param: Tensor): boolean {
    return this.#ownerOf(param) === this.#group.rank;
  }

  /**
   * Steps this rank's share and gets the others. Gradients have to be the same on all ranks, as
   * `DistributedDataParallel` leaves them; norms and clipping are then of all of them. Throws as every optimizer.
   */
  override step<T>(closure?: () => T, reading?: Reading): T | undefined {
    const { stepCount } = this;
    const active = this.activeParams();
    const loss = super.step(closure, reading);
    if (this.stepCount > stepCount) this.#exchange(active);
    return loss;
  }

  #exchange(params: readonly Tensor[]): void {
    for (let member = 0; member < this.#group.size; member++) {
      const owned = params.filter((param) => this.#ownerOf(param) === member);
      broadcastAllNow(`${NAME}.step`, this.#group, owned, member);
    }
  }

  /**
   * The state of all ranks, on the first; on others that of their share. Every rank has to call it. What it gives fits the
   * algorithm's own class, and a run of any number of ranks.
   */
  override stateDict(): OptimizerStateDict {
    const dict = super.stateDict();
    return { ...dict, state: gatherState(`${NAME}.stateDict`, this.#group, dict.state) };
  }
}
