/** What the gradients look like: norms per group before and after clipping, and the first that is not finite. */
import type { ClipGradConfig } from '@paramwise/core';
import { clipFactor, gradNorm, withGradient } from '../gradients.ts';
import { tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { TorchParamGroup } from './groups.ts';

export interface GroupNorms {
  /** The group's own name, or the paths of its parameters, or its number. */
  name: string;
  /** 2-norm of the group's gradients, un-scaled; undefined where it has none. */
  before: number | undefined;
  /** The same after clipping. */
  after: number | undefined;
}

export interface GradReport {
  /** 2-norm over all groups. */
  before: number | undefined;
  after: number | undefined;
  groups: GroupNorms[];
  /** Path of the first parameter, in the order of the groups, whose gradient has an infinity or NaN. */
  firstNonFinite: string | undefined;
}

/** What `step` multiplies the gradients by before it clips them: 1 over loss scale and accumulated weight. */
export function reportGradients(
  groups: readonly TorchParamGroup[],
  clip: ClipGradConfig | undefined,
  unscale: number,
): GradReport {
  const params = groups.flatMap((group) => group.params);
  const scaled = (norm: number | undefined) => (norm === undefined ? undefined : norm * unscale);
  const factor = clip && clip.type !== 'value' ? factorOf(params, clip, unscale) : 1;
  const after = (tensors: readonly Tensor[], norm: number | undefined) =>
    clip?.type === 'value'
      ? clampedNorm(tensors, clip.clip_value, unscale)
      : norm === undefined
        ? undefined
        : norm * factor;
  const total = scaled(gradNorm(params));
  return {
    before: total,
    after: after(params, total),
    groups: groups.map((group, index) => {
      const before = scaled(gradNorm(group.params));
      return { name: nameOf(group, index), before, after: after(group.params, before) };
    }),
    firstNonFinite: firstNonFinite(groups),
  };
}

function factorOf(
  params: readonly Tensor[],
  clip: Exclude<ClipGradConfig, { type: 'value' }>,
  unscale: number,
): number {
  const type = clip.norm_type === 'inf' ? Number.POSITIVE_INFINITY : clip.norm_type;
  const norm = (gradNorm(params, type) ?? 0) * unscale;
  return clipFactor(norm, clip.max_norm);
}

function clampedNorm(params: readonly Tensor[], limit: number, unscale: number): number | undefined {
  const present = withGradient(params);
  if (present.length === 0) return undefined;
  const squares = present.map((param) =>
    tidy(() => Number(param.grad?.mul(unscale).clamp(-limit, limit).pow(2).sum({ dtype: 'float64' }).item())),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

function firstNonFinite(groups: readonly TorchParamGroup[]): string | undefined {
  for (const [index, group] of groups.entries()) {
    if (Number.isFinite(gradNorm(group.params) ?? 0)) continue;
    const at = group.params.findIndex((param) => !tidy(() => param.grad?.isfinite().all().item() ?? true));
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
