/** The options of `npm start`. */
import { parseArgs } from 'node:util';
import { orEnd, wholeNumber } from '../lib/options.ts';

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
  // A batch has 32 images.
  const perClass = wholeNumber('per-class', values['per-class'], 10, 4);
  return { ...sizes, out: values.out, seeds: wholeNumber('seeds', values.seeds, sizes.seeds, 1), perClass };
}

/** What was asked for; ends the process where that was help, or nonsense. */
export const optionsOrEnd = (): Options => orEnd(readOptions, USAGE);
