/**
 * The optimizer wrapper: one call, `updateParams(loss)`, does scaling, backward, accumulation, clipping, step and zero.
 * Behaviour and settings are those of MMEngine's `OptimWrapper`. Counts and decisions are core's, gradients libtorch's.
 */
import type { ClipGradConfig } from '@paramwise/core';
import {
  checkGradients,
  type GradientReading,
  type GradientsRead,
  type LossScaler,
  parseWrapperSettings,
  type StepHooks,
  type StepPolicy,
  takeStep,
  UpdateCycle,
  type UpdatingWrapper,
} from '@paramwise/core/internal';
import { backward } from '../autograd.ts';
import { tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { BaseOptimWrapper } from './base-wrapper.ts';
import type { GradReport } from './grad-report.ts';
import { GradReporter } from './grad-reporter.ts';
import { LibtorchEngine } from './gradient-engine.ts';
import type { Optimizer } from './optimizer.ts';
import type { SteppingOptimizer } from './stepping-optimizer.ts';
import { checkLoss, checkUpdateOptions, checkWrapperOptions } from './wrapper-checks.ts';
import type { OptimWrapperOptions, StepOptions, UpdateOptions } from './wrapper-options.ts';

/**
 * What trains: one call an iteration, `updateParams(loss)`, scales the loss, runs backward, accumulates, clips, steps and
 * clears the gradients.
 *
 * Defaults: `accumulative_counts` 1 · `clip_grad` none · `on_non_finite` `step`. A loss is a single value; gradients have
 * the shapes of their parameters.
 *
 * Source: MMEngine's OptimWrapper.
 */
export class OptimWrapper<O extends SteppingOptimizer = Optimizer>
  extends BaseOptimWrapper<O>
  implements UpdatingWrapper<Tensor>
{
  /** Norm of all gradients before clipping, of the last step that clipped by norm. */
  lastGradNorm: number | undefined;
  /** Set to have `gradReport` describe the gradients of the last step, after they were cleared. Costs a pass over them. */
  recordGradReport = false;
  readonly #engine: LibtorchEngine;
  readonly #policy: StepPolicy;
  readonly #hooks: StepHooks<Tensor>;
  readonly #reporter = new GradReporter();

  /**
   * @param scaler what scales the losses; default: nothing does
   * @throws ConfigError for settings out of range
   */
  constructor(options: OptimWrapperOptions<O>, scaler?: LossScaler) {
    const { optimizer, ...given } = checkWrapperOptions(new.target.name, options);
    const settings = parseWrapperSettings(given);
    super(optimizer, new UpdateCycle(settings.accumulative_counts, scaler));
    this.#engine = new LibtorchEngine(optimizer);
    this.#policy = { clip: settings.clip_grad, onNonFinite: settings.on_non_finite };
    this.#hooks = {
      watch: (read, params) => this.#noteReading(read, params),
      takes: (due, read) => this.takeStep(due, read),
    };
  }

  /** Set to have un-scaled and clipped gradients written back to `grad` before the step. Costs a pass over them. */
  get writesGradients(): boolean {
    return this.#engine.writes;
  }

  set writesGradients(writes: boolean) {
    this.#engine.writes = writes;
  }

  get clipGrad(): ClipGradConfig | undefined {
    return this.#policy.clip;
  }

  /**
   * One training iteration: scales the loss, runs backward, and after every `accumulative_counts` calls (and after the
   * last of `maxCounts`) clips, steps and clears the gradients.
   *
   * @param loss a single value that depends on the parameters
   * @throws TypeError for anything else than a loss
   * @throws Error when losses with and without `items` meet in one accumulation, and for a closure where losses are scaled
   * or weighed: nothing has happened then
   * @throws Error where the step is refused (an infinite norm, a sparse gradient): no parameter was changed, but the
   * gradients still wait; call `zeroGrad` before the next pass
   */
  updateParams(loss: Tensor, options: UpdateOptions = {}): void {
    checkLoss(loss, 'updateParams takes');
    const { items, setToNone, closure } = checkUpdateOptions('updateParams', options);
    this.#noticeCleared();
    this.cycle.checkItems(items);
    if (closure) this.cycle.checkClosure(items);
    tidy(() => this.backward(items === undefined ? this.scaleLoss(loss) : loss.mul(items)));
    this.cycle.weighed(items);
    if (!this.shouldUpdate()) return;
    this.step({ closure });
    this.zeroGrad(setToNone);
  }

  /**
   * As `updateParams`, with the loss that `lossOf` computes. Tensors made on the way are released, as in `tidy`.
   *
   * @returns the value of the loss; a GPU is waited for
   * @throws TypeError where `lossOf` returns no loss, or a promise of one
   */
  update(lossOf: () => Tensor, options?: UpdateOptions): number {
    return tidy(() => {
      const loss = lossOf();
      checkLoss(loss, 'update takes a function that returns');
      this.updateParams(loss, options);
      return Number(loss.item());
    });
  }

  /** The loss divided by the number of losses that this step adds up, so that the gradient is their mean. */
  scaleLoss(loss: Tensor): Tensor {
    const factor = this.cycle.lossFactor;
    return factor === 1 ? loss : loss.div(factor);
  }

  /** Adds the gradients of a loss that `scaleLoss` has scaled, and counts. */
  backward(loss: Tensor): void {
    this.#noticeCleared();
    const scale = this.cycle.nextScale();
    backward(scale === 1 ? loss : loss.mul(scale));
    this.cycle.passed();
  }

  /**
   * Un-scales, clips as configured and updates the parameters. Un-scaling and clipping are folded into the step as it
   * reads the gradients, which stay as they were; set `writesGradients` to find the clipped ones in `grad` afterwards.
   * A second step before `zeroGrad` reads them in the same way.
   *
   * @throws Error where gradients or a closure are refused
   */
  step(options: StepOptions = {}): void {
    const { closure } = checkUpdateOptions('step', options);
    if (closure) this.cycle.checkClosure();
    const engine = closure ? this.#engine.withClosure(closure) : this.#engine;
    takeStep(this.cycle, engine, this.#policy, this.#hooks);
  }

  /** Throws where `step` without a closure would, and changes nothing. */
  checkStep(): void {
    this.optimizer.checkStep?.();
    checkGradients(this.cycle, this.#engine, this.#policy, this.optimizer.activeParams());
  }

  /** Asked once the gradients are read and before anything is changed: whether a step that is due is taken. */
  protected takeStep(due: boolean, _reading: GradientReading): boolean {
    return due;
  }

  /**
   * Norms of the gradients before and after clipping, per group, and the first parameter whose gradient is not finite.
   *
   * Between `backward` and `step` it describes the gradients that wait, clipping as the step would do it; after a step,
   * those of that step, if `recordGradReport` was set. Without it, and before the gradients are cleared: where they were
   * left as they were, what the step did with them; where they were written back, what stands in `grad`, without clipping
   * it again.
   *
   * @throws Error where there is nothing to describe
   */
  gradReport(): GradReport {
    const { afterStep } = this.cycle;
    const { recorded } = this.#reporter;
    if (recorded && afterStep && this.recordGradReport) return recorded;
    if (this.paramsWithGradient().length > 0)
      return afterStep
        ? this.#reporter.ofStep(this.paramGroups, afterStep)
        : this.#reporter.ofWaiting(this.paramGroups, this.optimizer.activeParams(), this.cycle.unscale, this.clipGrad);
    if (recorded) return recorded;
    throw new Error(
      'gradReport: no parameter has a gradient; ask between backward and step, or set recordGradReport before the step',
    );
  }

  /** Clears the gradients: drops them (default), or fills them with zeros. The accumulation begins anew. */
  zeroGrad(setToNone = true): void {
    this.#engine.clear(setToNone);
    this.cycle.cleared();
  }

  /** After a step by hand the gradients may have been cleared by the model or the optimizer. */
  #noticeCleared(): void {
    if (this.cycle.afterStep && this.paramsWithGradient().length === 0) this.cycle.cleared();
  }

  #noteReading(read: GradientsRead, params: readonly Tensor[]): void {
    const clip = this.clipGrad;
    if (clip && clip.type !== 'value') this.lastGradNorm = read.norm;
    this.#reporter.note(this.paramGroups, { read, params, unscale: this.cycle.unscale, clip }, this.recordGradReport);
  }
}
