/** The wrapper for mixed precision: autocast in the forward pass, loss scaling around the backward pass. */
import { autocast } from '../amp.ts';
import type { Dtype } from '../dtype.ts';
import type { Module } from '../nn/module.ts';
import type { Tensor } from '../tensor.ts';
import { type LossScale, LossScaler, type LossScalerState } from './loss-scaler.ts';
import type { GradientReading } from './step-path.ts';
import { OptimWrapper, type OptimWrapperOptions, type OptimWrapperStateDict } from './wrapper.ts';

export interface AmpOptimWrapperOptions extends OptimWrapperOptions {
  /** `'dynamic'` (default), a fixed scale, or the settings of a dynamic one. */
  loss_scale?: LossScale;
  /** The half type; default `bfloat16` on the CPU, `float16` on CUDA. */
  dtype?: Dtype | null;
}

/**
 * The wrapper for mixed precision: autocast in the forward pass (`optimContext`), loss scaling around the backward pass. A
 * step whose gradients overflow is skipped, and the scale shrinks; `clip_grad.error_if_nonfinite` throws only where the
 * scale is fixed or disabled.
 *
 * Defaults: `loss_scale` `dynamic`, which begins at 65536, doubles after 2000 good steps and halves at an overflow · `dtype`
 * `bfloat16` on the CPU, `float16` on CUDA · else as `OptimWrapper`. A loss is a single value.
 *
 * Source: Micikevicius et al., "Mixed Precision Training", 2018; MMEngine's AmpOptimWrapper, which runs on accelerators
 * only. It also takes the place of MMEngine's ApexOptimWrapper, a name that configs are refused with.
 */
export class AmpOptimWrapper extends OptimWrapper {
  readonly lossScaler: LossScaler;
  readonly dtype: Dtype | undefined;
  /** The scale that the waiting gradients carry: a step by hand moves that of the next ones only. */
  private waitingScale: number | undefined;

  /** @throws ConfigError for settings out of range */
  constructor({ loss_scale = 'dynamic', dtype, ...options }: AmpOptimWrapperOptions) {
    super(options);
    this.lossScaler = new LossScaler(loss_scale);
    this.dtype = dtype ?? undefined;
  }

  /** Runs the forward pass `fn` with autocast, on the device of the parameters. */
  override optimContext<T>(model: Module, fn: () => T): T {
    const device = this.paramGroups[0]?.params[0]?.device.startsWith('cuda') ? 'cuda' : 'cpu';
    return super.optimContext(model, () => autocast({ device, dtype: this.dtype }, fn));
  }

  override backward(loss: Tensor): void {
    this.noticeCleared();
    this.waitingScale ??= this.lossScaler.scale;
    const scale = this.waitingScale;
    super.backward(scale === 1 ? loss : loss.mul(scale));
  }

  protected override unscaleFactor(): number {
    return (super.unscaleFactor() ?? 1) / (this.waitingScale ?? this.lossScaler.scale);
  }

  protected override forgetPending(written: boolean): void {
    super.forgetPending(written);
    this.waitingScale = written ? 1 : undefined;
  }

  protected override needsFiniteGradients(): boolean {
    return this.lossScaler.enabled;
  }

  /** A dynamic scale shrinks until the norm is finite; where it cannot, nothing but an error would stop the run. */
  protected override refusesNonFinite(): boolean {
    return !this.lossScaler.enabled || this.lossScaler.fixed;
  }

  /** Skips the step when a gradient overflowed, and moves the scale. */
  protected override takeStep(finite: boolean, reading: GradientReading, closure?: () => unknown): boolean {
    if (finite) super.takeStep(finite, reading, closure);
    this.lossScaler.update(!finite);
    return finite;
  }

  override stateDict(): OptimWrapperStateDict & { loss_scaler: LossScalerState } {
    return { ...super.stateDict(), loss_scaler: this.lossScaler.stateDict() };
  }

  override checkStateDict({ loss_scaler, ...dict }: OptimWrapperStateDict & { loss_scaler?: LossScalerState }): void {
    super.checkStateDict(dict);
    if (!loss_scaler) return;
    const { scale, _growth_tracker } = loss_scaler;
    if (!(scale > 0 && Number.isFinite(scale) && _growth_tracker >= 0))
      throw new TypeError(
        'optim wrapper state dict: loss_scaler needs a scale above 0 and a _growth_tracker from 0 up',
      );
  }

  override loadStateDict({ loss_scaler, ...dict }: OptimWrapperStateDict & { loss_scaler?: LossScalerState }): void {
    this.checkStateDict({ ...dict, loss_scaler });
    super.loadStateDict(dict);
    this.waitingScale = undefined;
    if (loss_scaler) this.lossScaler.loadStateDict(loss_scaler);
  }
}
