/** What the run that a config belongs to adds to its schedules: a length, and a change of the rate. */
import { previewNeed, type RunLength, resolveSchedules } from '@paramwise/core/internal';
import { countOf, type Given, type OptionSpec } from './command.ts';
import type { ConfigFile } from './config/load.ts';
import { refuse } from './refusal.ts';

/** What `runLength` reads. */
export const RUN_OPTIONS: readonly OptionSpec[] = [
  { flags: '--epochs <count>', about: 'epochs of the run (default: max_epochs of train_cfg)' },
  { flags: '--iters <count>', about: 'iterations of the run (default: max_iters of train_cfg)' },
  { flags: '--epoch-length <count>', about: 'iterations of an epoch: a step is then an iteration, not an epoch' },
];

/**
 * The length of the run: what the command line says, else what `train_cfg` does.
 *
 * @throws Refusal where the length of an epoch is needed and not given.
 */
export function runLength(given: Given, { train_cfg, param_scheduler }: ConfigFile): RunLength {
  const [maxEpochs, maxIters] = [countOf(given, 'epochs'), countOf(given, 'iters')];
  const epochLength = countOf(given, 'epochLength');
  const isGiven = maxEpochs !== undefined || maxIters !== undefined;
  const run = { ...(isGiven ? { maxEpochs, maxIters } : loopLength(train_cfg)), epochLength };
  const need = previewNeed(resolveSchedules(param_scheduler ?? [], run));
  if (need !== undefined && epochLength === undefined) refuse(`param_scheduler: ${need}; give --epoch-length`);
  return run;
}

/** As MMEngine's runner reads it: a loop counts epochs or iterations, and what it does not count is not its length. */
function loopLength(trainConfig: unknown): RunLength {
  const { type, by_epoch, max_epochs, max_iters } = Object(trainConfig) as Record<string, unknown>;
  const loop = String(type).split('.').at(-1);
  const countsIterations = by_epoch === false || loop === 'IterBasedTrainLoop';
  const countsEpochs = by_epoch === true || loop === 'EpochBasedTrainLoop';
  return {
    maxEpochs: countsIterations ? undefined : wholeNumber(max_epochs),
    maxIters: countsEpochs ? undefined : wholeNumber(max_iters),
  };
}

const wholeNumber = (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined;

/** That training uses another rate than the config says; `undefined` where it does not. */
export function autoScaleNote({ auto_scale_lr }: ConfigFile): string | undefined {
  const { enable, base_batch_size } = Object(auto_scale_lr) as Record<string, unknown>;
  if (enable !== true) return undefined;
  const base = typeof base_batch_size === 'number' ? String(base_batch_size) : 'base_batch_size';
  return `auto_scale_lr is enabled: training multiplies every rate by its whole batch size / ${base}; rates here are as written`;
}
