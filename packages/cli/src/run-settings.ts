/** What the run that a config belongs to adds to its schedules: a length, and a change of the rate. */
import { previewNeed, type RunLength, resolveSchedules, runEnd } from '@paramwise/core/internal';
import { countOf, type Given, type OptionSpec } from './command.ts';
import type { ConfigFile } from './config/load.ts';
import { refuse } from './refusal.ts';

/** What `runSettings` reads. */
export const RUN_OPTIONS: readonly OptionSpec[] = [
  { flags: '--epochs <count>', about: 'epochs of the run (default: max_epochs of train_cfg)' },
  { flags: '--iters <count>', about: 'iterations of the run (default: max_iters of train_cfg)' },
  { flags: '--epoch-length <count>', about: 'iterations of an epoch: a step is then an iteration, not an epoch' },
];

/** The run in the unit of its schedules, and what is to be known of that unit. */
export interface RunSettings {
  readonly run: RunLength;
  readonly notes: readonly string[];
}

/**
 * The length of the run: what the command line says, else what `train_cfg` does. Where schedules count optimizer updates, and
 * gradients are accumulated, its iterations are given as updates.
 *
 * @throws Refusal where the length of an epoch is needed and not given.
 */
export function runSettings(given: Given, config: ConfigFile): RunSettings {
  const { train_cfg, param_scheduler } = config;
  const [maxEpochs, maxIters] = [countOf(given, 'epochs'), countOf(given, 'iters')];
  const epochLength = countOf(given, 'epochLength');
  const isGiven = maxEpochs !== undefined || maxIters !== undefined;
  const run = { ...(isGiven ? { maxEpochs, maxIters } : loopLength(train_cfg)), epochLength };
  const schedules = resolveSchedules(param_scheduler ?? [], run);
  const need = previewNeed(schedules);
  if (need !== undefined && epochLength === undefined) refuse(`param_scheduler: ${need}; give --epoch-length`);
  const each = Object(config.optim_wrapper).accumulative_counts;
  const isByIteration = schedules.filter((one) => one.by_epoch === false || one.convert_to_iter_based === true);
  const ofUpdates = isByIteration.filter(({ counts }) => counts !== 'iterations');
  if (ofUpdates.length === 0 || wholeNumber(each) === undefined || each === 1) return { run, notes: [] };
  const isMixed = ofUpdates.length < isByIteration.length;
  return { run: inUpdates(run, each), notes: updateNotes(each, epochLength, isMixed) };
}

/** Begins every note about accumulation. */
export const COUNTS_UPDATES = 'schedules by iteration count every iteration in MMEngine, here optimizer updates';

function inUpdates(run: RunLength, each: number): RunLength {
  const updates = (iterations: number | undefined) =>
    iterations === undefined ? undefined : Math.ceil(iterations / each);
  return {
    maxEpochs: runEnd(true, run),
    maxIters: updates(runEnd(false, run)),
    epochLength: updates(run.epochLength),
  };
}

function updateNotes(each: number, epochLength: number | undefined, isMixed: boolean): string[] {
  const notes = [`${COUNTS_UPDATES}: a step shown is an update of accumulative_counts (${each}) iterations`];
  if (epochLength !== undefined && epochLength % each !== 0) {
    const updates = Math.ceil(epochLength / each);
    notes.push(
      `an epoch of ${epochLength} iterations is no whole number of updates of ${each}: it is shown as ${updates}, so that epochs end up to one update late each`,
    );
  }
  if (isMixed) notes.push(`schedules with counts: 'iterations' move ${each} times as fast as shown`);
  return notes;
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
