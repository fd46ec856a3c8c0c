/**
 * Loss scaling for half types, whose small gradients would round to zero (torch.cuda.amp.GradScaler; Micikevicius et
 * al., "Mixed Precision Training", 2018). A step whose gradients overflow is skipped and the scale shrinks; after a run
 * of good steps it grows.
 */
import { type LossScaleConfig, parseLossScale } from '../config/config.ts';
import { type ConfigPath, describeValue } from '../config/errors.ts';

export interface LossScalerOptions {
  /** First scale. Default 65536. */
  init_scale?: number | undefined;
  /** Factor after `growth_interval` good steps. Default 2. */
  growth_factor?: number | undefined;
  /** Factor after an overflow. Default 0.5. */
  backoff_factor?: number | undefined;
  /** Default 2000. */
  growth_interval?: number | undefined;
  /** False switches scaling off. Default true. */
  enabled?: boolean | undefined;
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

  /** @throws ConfigError for a value out of range */
  constructor(lossScale: LossScale, path: ConfigPath = ['optim_wrapper', 'loss_scale']) {
    const options = optionsOf(parseLossScale(lossScale, path));
    this.fixed = typeof lossScale === 'number';
    this.enabled = options.enabled ?? true;
    this.scale = this.enabled ? (options.init_scale ?? 65536) : 1;
    this.growthFactor = options.growth_factor ?? 2;
    this.backoffFactor = options.backoff_factor ?? 0.5;
    this.growthInterval = options.growth_interval ?? 2000;
  }

  /** Whether a smaller scale may cure an overflow. */
  get isDynamic(): boolean {
    return this.enabled && !this.fixed;
  }

  /** To be called after every step that was due. */
  update(overflowed: boolean): void {
    if (!this.isDynamic) return;
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

  /** @throws TypeError for a state that is none, and changes nothing */
  checkStateDict({ scale, _growth_tracker }: LossScalerState): void {
    if (Number.isFinite(scale) && scale > 0 && Number.isInteger(_growth_tracker) && _growth_tracker >= 0) return;
    throw new TypeError(
      'optim wrapper state dict: loss_scaler needs a scale above 0 and a _growth_tracker from 0 up, ' +
        `not ${describeValue(scale)} and ${describeValue(_growth_tracker)}`,
    );
  }

  /** Takes over scale and tracker; the settings stay those of the config. */
  loadStateDict(state: LossScalerState): void {
    this.checkStateDict(state);
    if (this.isDynamic) this.scale = state.scale;
    this.growthTracker = state._growth_tracker;
  }
}

function optionsOf(lossScale: LossScaleConfig): LossScalerOptions {
  if (lossScale === 'dynamic') return {};
  return typeof lossScale === 'number' ? { init_scale: lossScale } : lossScale;
}
