/** What the gradients look like: norms per group before and after clipping, and the first that is not finite. */
import { AS_IT_IS, type GradientReading } from '@paramwise/core/internal';
import { gradNorm, gradsFinite, withGradient } from '../gradients.ts';
import { tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { TorchParamGroup } from './groups.ts';

export interface GroupNorms {
  /** The group's own name, or the paths of its parameters, or its number. */
  name: string;
  /** 2-norm of the group's gradients, un-scaled; undefined where it has none, or is held back. */
  before: number | undefined;
  /** The same after clipping. */
  after: number | undefined;
}

export interface GradReport {
  /** 2-norm over all groups that are stepped. */
  before: number | undefined;
  after: number | undefined;
  groups: GroupNorms[];
  /** Path of the first parameter, in the order of the groups, whose gradient has an infinity or NaN. */
  firstNonFinite: string | undefined;
}

/** How a step reads, or has read, its gradients. */
export interface Reported {
  readonly reading: GradientReading;
  /** The norm that clipping found, un-scaled, where that is a 2-norm. */
  readonly norm?: number | undefined;
  /** What un-scaling alone multiplies by. */
  readonly unscale: number;
  /** The parameters that have a say in the step. */
  readonly params: readonly Tensor[];
}

/** Norms as the step has them: a group that `freeze_until` holds back has none. */
export function reportGradients(groups: readonly TorchParamGroup[], reported: Reported): GradReport {
  const active = new Set(reported.params);
  const normsOf = (params: readonly Tensor[], known?: number) => normsAround(params, reported, known);
  return {
    ...normsOf(reported.params, reported.norm),
    groups: groups.map((group, index) => ({
      name: nameOf(group, index),
      ...normsOf(group.params.filter((param) => active.has(param))),
    })),
    firstNonFinite: firstNonFinite(groups, reported.params),
  };
}

function normsAround(params: readonly Tensor[], { reading, unscale }: Reported, known: number | undefined) {
  const raw = known === undefined ? gradNorm(params) : known / unscale;
  if (raw === undefined) return { before: undefined, after: undefined };
  const { factor, limit } = reading;
  const after = limit === AS_IT_IS.limit ? raw * factor : clampedNorm(params, limit, factor);
  return { before: known ?? raw * unscale, after };
}

function clampedNorm(params: readonly Tensor[], limit: number, factor: number): number {
  const squares = withGradient(params).map((param) =>
    tidy(() => Number(param.grad?.mul(factor).clamp(-limit, limit).pow(2).sum({ dtype: 'float64' }).item())),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

/** The first of the `active` parameters, in the order of the groups, whose gradient has an infinity or NaN. */
export function firstNonFinite(groups: readonly TorchParamGroup[], active: readonly Tensor[]): string | undefined {
  const asked = new Set(active);
  for (const [index, group] of groups.entries()) {
    const at = group.params.findIndex((param) => asked.has(param) && !gradsFinite([param]));
    if (at >= 0) return group.paramNames?.[at] ?? `group ${index}, parameter ${at}`;
  }
  return undefined;
}

function nameOf(group: TorchParamGroup, index: number): string {
  if (typeof group.name === 'string') return group.name;
  const [first, ...rest] = group.paramNames ?? [];
  if (first === undefined) return `group ${index}`;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}
