/** The options of `npm run start:gpt`. */
import { parseArgs } from 'node:util';
import { orEnd, wholeNumber } from '../lib/options.ts';
import { STEPS } from './contenders.ts';

const USAGE = `npm run start:gpt -- [options]
  --quick     the same in seconds: fewer steps, rates to try and seeds
  --steps N   steps of a run (default ${STEPS}, quick 40)
  --seeds N   runs of each contender (default 3, quick 1)
`;

export interface Options {
  readonly steps: number;
  readonly seeds: number;
  /** Rates that each contender tries: the first ones of its grid. */
  readonly tries: number;
  /** Steps from one sample to the next. */
  readonly sampleEvery: number;
}

const SIZES = {
  whole: { steps: STEPS, seeds: 3, tries: 4, sampleEvery: 50 },
  quick: { steps: 40, seeds: 1, tries: 2, sampleEvery: 20 },
} as const;

function readOptions(): Options | undefined {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { quick: flag, steps: text, seeds: text, help: flag } });
  if (values.help) return undefined;
  const sizes = values.quick ? SIZES.quick : SIZES.whole;
  const { steps, seeds } = sizes;
  // Warm-up is a tenth of the steps.
  return {
    ...sizes,
    steps: wholeNumber('steps', values.steps, steps, 20),
    seeds: wholeNumber('seeds', values.seeds, seeds, 1),
  };
}

/** What was asked for; ends the process where that was help, or nonsense. */
export const optionsOrEnd = (): Options => orEnd(readOptions, USAGE);
