/** Small models and engines for tests. */
import {
  type ModuleKind,
  type ModuleView,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  type OptimizerBuildConfig,
  type OptimizerLike,
  type OptimWrapperLike,
  type ParamGroup,
  type ParamView,
} from '../src/index.ts';

export const other: ModuleKind = { type: 'other' };
export const norm: ModuleKind = { type: 'norm' };
export const deform: ModuleKind = { type: 'deform_conv' };
export const conv = (inChannels = 4, groups = 1): ModuleKind => ({ type: 'conv2d', inChannels, groups });

export const param = (shape: number[] = [2, 2], requiresGrad = true): ParamView => ({ shape, requiresGrad });

export function node(
  moduleKind: ModuleKind,
  params: Record<string, ParamView> = {},
  children: Record<string, ModuleView> = {},
): ModuleView {
  return { moduleKind, ownParams: () => Object.entries(params), ownChildren: () => Object.entries(children) };
}

export const layer = (kind: ModuleKind = other) => node(kind, { weight: param(), bias: param([2]) });

/** backbone (convolution, norm), head; each with weight and bias. */
export function smallModel(): ModuleView {
  const backbone = node(other, {}, { conv: layer(conv()), norm: layer(norm) });
  return node(other, {}, { backbone, head: layer() });
}

export class FakeOptimizer implements OptimizerLike {
  readonly paramGroups: OptimizerLike['paramGroups'];
  readonly defaults: Record<string, unknown>;

  constructor({ params, type: _, ...defaults }: OptimizerBuildConfig) {
    this.defaults = defaults;
    this.paramGroups = params.map((group) => ({ ...defaults, ...group }) as ParamGroup);
  }
}

export interface FakeWrapper extends OptimWrapperLike {
  readonly settings: Record<string, unknown>;
}

export function registerFakes(): void {
  OPTIMIZERS.register('SGD', (cfg) => new FakeOptimizer(cfg), { force: true });
  const wrap = ({ optimizer, ...settings }: { optimizer: OptimizerLike; [key: string]: unknown }): FakeWrapper => ({
    optimizer,
    settings,
  });
  OPTIM_WRAPPERS.register('OptimWrapper', wrap, { force: true });
}
