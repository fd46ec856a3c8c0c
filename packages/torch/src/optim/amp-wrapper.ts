/** The wrapper for mixed precision: autocast in the forward pass, loss scaling around the backward pass. */
import { type LossScale, LossScaler, type LossScalerState } from '@paramwise/core/internal';
import { autocast } from '../amp.ts';
import type { Dtype } from '../dtype.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer } from './optimizer.ts';
import type { SteppingOptimizer } from './stepping-optimizer.ts';
import { OptimWrapper } from './wrapper.ts';
import type { OptimWrapperOptions, OptimWrapperStateDict } from './wrapper-options.ts';

export interface AmpOptimWrapperOptions<O extends SteppingOptimizer = Optimizer> extends OptimWrapperOptions<O> {
  /** `'dynamic'` (default), a fixed scale, or the settings of a dynamic one. */
  loss_scale?: LossScale;
  /** For portable configs; it can only be false. */
  use_fsdp?: false;
  /** The half type; default `bfloat16` on the CPU, `float16` on CUDA. */
  dtype?: Dtype | null;
}

/**
 * The wrapper for mixed precision: autocast in the forward pass (`optimContext`), loss scaling around the backward pass. A
 * step whose gradients overflow is skipped, and the scale shrinks; `clip_grad.error_if_nonfinite` and `on_non_finite`
 * `throw` do so only where the scale is fixed or disabled. A closure is refused unless it is disabled.
 *
 * Defaults: `loss_scale` `dynamic`, which begins at 65536, doubles after 2000 good steps and halves at an overflow · `dtype`
 * `bfloat16` on the CPU, `float16` on CUDA · else as `OptimWrapper`. A loss is a single value.
 *
 * Source: Micikevicius et al., "Mixed Precision Training", 2018; MMEngine's AmpOptimWrapper, which runs on accelerators
 * only. It also takes the place of MMEngine's ApexOptimWrapper, a name that configs are refused with.
 */
export class AmpOptimWrapper<O extends SteppingOptimizer = Optimizer> extends OptimWrapper<O> {
  readonly lossScaler: LossScaler;
  readonly dtype: Dtype | undefined;

  /** @throws ConfigError for settings out of range */
  constructor({ loss_scale = 'dynamic', dtype, use_fsdp: _, ...options }: AmpOptimWrapperOptions<O>) {
    const scaler = new LossScaler(loss_scale);
    super(options as OptimWrapperOptions<O>, scaler);
    this.lossScaler = scaler;
    this.dtype = dtype ?? undefined;
  }

  /** Runs the forward pass `fn` with autocast, on the device of the parameters. */
  override optimContext<T>(model: Module, fn: () => T): T {
    const device = this.paramGroups[0]?.params[0]?.device.startsWith('cuda') ? 'cuda' : 'cpu';
    return super.optimContext(model, () => autocast({ device, dtype: this.dtype }, fn));
  }

  override stateDict(): OptimWrapperStateDict & { loss_scaler: LossScalerState } {
    return { ...super.stateDict(), loss_scaler: this.lossScaler.stateDict() };
  }

  override checkStateDict({ loss_scaler, ...dict }: OptimWrapperStateDict): void {
    super.checkStateDict(dict);
    if (loss_scaler) this.lossScaler.checkStateDict(loss_scaler);
  }

  override loadStateDict({ loss_scaler, ...dict }: OptimWrapperStateDict): void {
    this.checkStateDict({ ...dict, ...(loss_scaler && { loss_scaler }) });
    super.loadStateDict(dict);
    if (loss_scaler) this.cycle.loadScaler(loss_scaler);
  }
}
