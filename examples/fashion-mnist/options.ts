/** The options of `npm start`. */
import { parseArgs } from 'node:util';

const USAGE = `npm start -- [options]
  --quick         the same in seconds: a shorter pretraining, fewer seeds and test images
  --per-class N   labelled images of each class (default 10)
  --seeds N       fine-tuning runs of each contender (default 10, quick 5)
  --out DIR       where report, metrics and weights go (default runs/fashion-mnist)
`;

export interface Options {
  readonly perClass: number;
  readonly seeds: number;
  readonly out: string;
  /** Images and epochs of the pretraining. */
  readonly pretrain: { readonly images: number; readonly epochs: number };
  /** Held-out training images and seeds that rates are chosen by. */
  readonly choice: { readonly images: number; readonly seeds: number };
  readonly testImages: number;
}

const SIZES = {
  whole: { seeds: 10, pretrain: { images: 30_000, epochs: 2 }, choice: { images: 3000, seeds: 3 }, testImages: 10_000 },
  quick: { seeds: 5, pretrain: { images: 16_000, epochs: 1 }, choice: { images: 1000, seeds: 1 }, testImages: 2000 },
} as const;

function readOptions(): Options | undefined {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      quick: flag,
      'per-class': text,
      seeds: text,
      out: { ...text, default: 'runs/fashion-mnist' },
      help: flag,
    },
  });
  if (values.help) return undefined;
  const sizes = values.quick ? SIZES.quick : SIZES.whole;
  const whole = (name: 'per-class' | 'seeds', preset: number, least: number) => {
    const value = Number(values[name] ?? preset);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name}: expected a whole number from ${least} up, found ${values[name]}`);
  };
  // A batch has 32 images.
  return { ...sizes, out: values.out, seeds: whole('seeds', sizes.seeds, 1), perClass: whole('per-class', 10, 4) };
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
