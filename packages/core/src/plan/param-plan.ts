/** What a plan is: one entry a parameter, with its settings and reasons. */

import type { ParamView } from '../model/model.ts';
import type { ParamOptions } from './decision.ts';

/** A parameter that is trained. */
export interface PlannedParam {
  /** Dotted name in the model. */
  readonly path: string;
  readonly param: ParamView;
  /** Settings of its group; what is not here takes the optimizer's default. Frozen, and shared between parameters. */
  readonly options: ParamOptions;
  /** Names of the custom key or rules that set something; empty where the optimizer's settings hold. */
  readonly decidedBy: readonly string[];
  /** Why, in words. Rendered when read. */
  readonly reasons: readonly string[];
}

/** A parameter that is left out. */
export interface SkippedParam {
  readonly path: string;
  readonly param: ParamView;
  readonly reason: string;
  /** Where the parameter already has a group, if that is why. */
  readonly first?: string;
  /** The custom key that freezes it, if that is why. */
  readonly frozenBy?: string;
}

/** A parameter that stands in two groups, which no optimizer takes. */
export interface DuplicateParam {
  readonly path: string;
  readonly first: string;
  readonly param: ParamView;
}

export interface ParamPlan {
  readonly groups: readonly PlannedParam[];
  readonly skipped: readonly SkippedParam[];
  /** Those of `skipped` that the config freezes and that still require a gradient: building switches it off. */
  readonly frozen: readonly SkippedParam[];
  readonly duplicates: readonly DuplicateParam[];
  /** What is odd. Looked for when first read. */
  readonly warnings: readonly string[];
  /** Whether all of `groups` make one group, as they do without any param-wise setting. */
  readonly singleGroup: boolean;
  /** Whether those of `groups` with equal settings share a group. */
  readonly mergeGroups: boolean;
  /** The optimizer's own settings, which hold where a group has none. */
  readonly base: { readonly lr: number | undefined; readonly weight_decay: number | undefined };
}
