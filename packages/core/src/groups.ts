/** Parameter groups, and the little that `core` knows of what holds them. */
import type { ParamView } from './model/model.ts';

/**
 * Parameters trained with one group of settings. Settings are spelled as in a config (`lr`, `weight_decay`); a setting
 * that is not there takes the optimizer's default.
 */
export interface ParamGroup {
  params: ParamView[];
  /** Path of each of `params` in the model. */
  paramNames?: string[];
  /** What decided about the settings, where equal groups were merged. */
  name?: string;
  lr?: number;
  weight_decay?: number;
  [setting: string]: unknown;
}

/** An optimizer: its groups, and the settings that a group takes where it has none of its own. */
export interface OptimizerLike {
  paramGroups: ParamGroup[];
  defaults: Record<string, unknown>;
}

/** An optimizer wrapper: whatever a user trains with. */
export interface OptimWrapperLike {
  readonly optimizer: OptimizerLike;
}

/** What a factory of `OPTIMIZERS` receives: the config's `optimizer` with the groups to train. */
export interface OptimizerBuildConfig {
  readonly type: string;
  readonly params: ParamGroup[];
  readonly lr?: number | null | undefined;
  readonly weight_decay?: number | null | undefined;
  readonly [argument: string]: unknown;
}

/** What a factory of `OPTIM_WRAPPERS` receives: the config's `optim_wrapper` with the optimizer in place of its config. */
export interface OptimWrapperBuildConfig {
  readonly type: string;
  readonly optimizer: OptimizerLike;
  readonly [argument: string]: unknown;
}

/** A group as far as its settings go. */
export type GroupSettings = { [setting: string]: unknown };

/**
 * Learning rates as a wrapper reports them: one a group, and under `base_lr` that of the settings no rule has touched.
 */
export function getLr(groups: readonly GroupSettings[], base?: GroupSettings | null): Record<string, number[]> {
  const lr = groups.map((group) => Number(group.lr));
  return base === undefined || base === null ? { lr } : { base_lr: [Number(base.lr)], lr };
}

/** Momentum of each group: its `momentum`, else the first of its `betas`, else 0. */
export function getMomentum(groups: readonly GroupSettings[]): Record<string, number[]> {
  return { momentum: groups.map(momentumOf) };
}

function momentumOf(group: GroupSettings): number {
  if ('momentum' in group) return Number(group.momentum);
  return Array.isArray(group.betas) ? Number(group.betas[0]) : 0;
}
