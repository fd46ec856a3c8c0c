/** The options of `npm run start:gpt`. */
import { parseArgs } from 'node:util';
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
  const whole = (name: 'steps' | 'seeds', least: number) => {
    const value = Number(values[name] ?? sizes[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name}: expected a whole number from ${least} up, found ${values[name]}`);
  };
  // Warm-up is a tenth of the steps.
  return { ...sizes, steps: whole('steps', 20), seeds: whole('seeds', 1) };
}

/** What was asked for; ends the process where that was help, or nonsense. */
export function optionsOrEnd(): Options {
  try {
    const options = readOptions();
    if (options !== undefined) return options;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}
