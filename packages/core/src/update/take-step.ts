/** One step of an optimizer wrapper: read the gradients, decide, step, count. The same for every engine. */
import type { ClipGradConfig, OnNonFinite } from '../config/config.ts';
import type { UpdateCycle } from './cycle.ts';
import type { GradientEngine } from './engine.ts';
import { type Collective, clipFactor, type GradientsRead, readGradients } from './gradient-reading.ts';

/** What a wrapper does with gradients before it steps. */
export interface StepPolicy {
  readonly clip: ClipGradConfig | undefined;
  readonly onNonFinite: OnNonFinite;
  readonly collective?: Collective | undefined;
}

/** What a wrapper adds to a step: what it was told, and whether it lets the step go. */
export interface StepHooks<P> {
  /** Told what was read, also where the step is then refused. */
  watch(read: GradientsRead, params: readonly P[]): void;
  /** Told whether the step is to be taken; says whether it is. */
  takes(due: boolean, read: GradientsRead): boolean;
}

/**
 * Reads the gradients, and steps or skips.
 *
 * @throws Error where the gradients are refused; nothing was changed then
 */
export function takeStep<P>(
  cycle: UpdateCycle,
  engine: GradientEngine<P>,
  policy: StepPolicy,
  hooks: StepHooks<P>,
): void {
  let read: GradientsRead | undefined;
  let taken = false;
  const left = engine.step((params) => {
    read = readForStep(cycle, engine, policy, params);
    hooks.watch(read, params);
    taken = hooks.takes(isToBeTaken(cycle, engine, policy, read), read);
    return taken ? read : null;
  });
  if (!read)
    throw new Error(
      'the optimizer says that it reads gradients (readsGradients), but its step never asked how: hand what it was given on to super.step, or say false',
    );
  cycle.stepped(taken, left, read.finite === false);
}

/**
 * Asks of waiting gradients what a step would refuse, and changes nothing. Costs what reading them costs, and only where
 * something would be refused.
 */
export function checkGradients<P>(
  cycle: UpdateCycle,
  engine: GradientEngine<P>,
  policy: StepPolicy,
  params: readonly P[],
): void {
  const refuses = policy.onNonFinite === 'throw' || refusesNorm(policy.clip);
  if (refuses) isToBeTaken(cycle, engine, policy, readForStep(cycle, engine, policy, params));
}

const refusesNorm = (clip: ClipGradConfig | undefined): boolean =>
  clip !== undefined && clip.type !== 'value' && clip.error_if_nonfinite === true;

function readForStep<P>(
  { scaler, unscale }: UpdateCycle,
  engine: GradientEngine<P>,
  { clip, onNonFinite, collective }: StepPolicy,
  params: readonly P[],
): GradientsRead {
  return readGradients(engine, params, {
    unscale,
    clip,
    asksFinite: scaler.enabled || onNonFinite !== 'step',
    collective,
  });
}

/** A dynamic scale shrinks until the gradients are finite; where it cannot, nothing but an error would stop the run. */
function isToBeTaken<P>(
  { scaler }: UpdateCycle,
  engine: GradientEngine<P>,
  { clip, onNonFinite }: StepPolicy,
  { finite, norm }: GradientsRead,
): boolean {
  if (finite === false) {
    if (scaler.isDynamic || onNonFinite === 'skip') return false;
    if (onNonFinite === 'throw') refuseNonFinite(engine.firstNonFinite(), norm);
  }
  if (clip && clip.type !== 'value' && norm !== undefined && !scaler.isDynamic)
    clipFactor(norm, clip.max_norm, clip.error_if_nonfinite);
  return finite !== false || !scaler.enabled;
}

function refuseNonFinite(name: string | undefined, norm: number | undefined): never {
  const what =
    name === undefined
      ? `the norm of the gradients is ${norm ?? 'not finite'}`
      : `the gradient of "${name}" is not finite`;
  throw new Error(
    `${what}, which on_non_finite: 'throw' refuses: no parameter was changed; gradReport() tells more, zeroGrad() clears the gradients`,
  );
}
