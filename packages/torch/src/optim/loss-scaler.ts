/**
 * Loss scaling for half types, whose small gradients would round to zero (torch.cuda.amp.GradScaler; Micikevicius et
 * al., "Mixed Precision Training", 2018). A step whose gradients overflow is skipped and the scale shrinks; after a run
 * of good steps it grows.
 */
import { ConfigError, type ConfigPath } from '@paramwise/core';
import { describeValue } from '@paramwise/core/internal';

export interface LossScalerOptions {
  /** First scale. Default 65536. */
  init_scale?: number;
  /** Factor after `growth_interval` good steps. Default 2. */
  growth_factor?: number;
  /** Factor after an overflow. Default 0.5. */
  backoff_factor?: number;
  /** Default 2000. */
  growth_interval?: number;
  /** False switches scaling off. Default true. */
  enabled?: boolean;
}

/** State under the names of PyTorch's GradScaler. */
export interface LossScalerState {
  scale: number;
  growth_factor: number;
  backoff_factor: number;
  growth_interval: number;
  _growth_tracker: number;
}

/** `'dynamic'`, a fixed scale, or the settings of a dynamic one. */
export type LossScale = 'dynamic' | number | LossScalerOptions;

export class LossScaler {
  scale: number;
  readonly growthFactor: number;
  readonly backoffFactor: number;
  readonly growthInterval: number;
  readonly enabled: boolean;
  /** True when an overflow skips the step and leaves the scale as it is. */
  readonly fixed: boolean;
  /** Good steps since the scale last changed. */
  growthTracker = 0;

  constructor(lossScale: LossScale, path: ConfigPath = ['optim_wrapper', 'loss_scale']) {
    const options: LossScalerOptions =
      typeof lossScale === 'number' ? { init_scale: lossScale } : lossScale === 'dynamic' ? {} : lossScale;
    this.fixed = typeof lossScale === 'number';
    this.enabled = options.enabled ?? true;
    this.scale = this.enabled ? atLeast(options.init_scale ?? 65536, 0, [...path, 'init_scale']) : 1;
    this.growthFactor = atLeast(options.growth_factor ?? 2, 1, [...path, 'growth_factor']);
    this.backoffFactor = below(options.backoff_factor ?? 0.5, 1, [...path, 'backoff_factor']);
    this.growthInterval = atLeast(options.growth_interval ?? 2000, 0, [...path, 'growth_interval']);
  }

  /** To be called after every step that was due. */
  update(overflowed: boolean): void {
    if (!this.enabled || this.fixed) return;
    if (overflowed) {
      this.scale *= this.backoffFactor;
      this.growthTracker = 0;
      return;
    }
    this.growthTracker++;
    if (this.growthTracker < this.growthInterval) return;
    this.scale *= this.growthFactor;
    this.growthTracker = 0;
  }

  stateDict(): LossScalerState {
    return {
      scale: this.scale,
      growth_factor: this.growthFactor,
      backoff_factor: this.backoffFactor,
      growth_interval: this.growthInterval,
      _growth_tracker: this.growthTracker,
    };
  }

  /** Takes over scale and tracker; the settings stay those of the config. */
  loadStateDict({ scale, _growth_tracker }: LossScalerState): void {
    if (this.enabled && !this.fixed) this.scale = scale;
    this.growthTracker = _growth_tracker;
  }
}

function atLeast(value: number, limit: number, path: ConfigPath): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > limit) return value;
  throw new ConfigError([
    { code: 'invalid_value', path, found: describeValue(value), allowed: `a number above ${limit}` },
  ]);
}

function below(value: number, limit: number, path: ConfigPath): number {
  if (typeof value === 'number' && value > 0 && value < limit) return value;
  throw new ConfigError([
    { code: 'invalid_value', path, found: describeValue(value), allowed: `a number between 0 and ${limit}` },
  ]);
}
