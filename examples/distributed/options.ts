/** The options of `npm run start:distributed`. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../lib/options.ts';

export interface Options {
  readonly images: number;
  readonly testImages: number;
  readonly epochs: number;
  /** Images of all ranks together for one step. */
  readonly batch: number;
  readonly zero: boolean;
  readonly out: string;
}

const USAGE = `paramwise launch --nproc-per-node N examples/distributed/main.ts [options]
  --quick       seconds: 4,000 images, one epoch
  --epochs N    passes through the images (default 2)
  --batch N     images of all ranks together for one step (default 128)
  --zero        each rank holds a share of the optimizer's state
  --out DIR     where the checkpoint goes, and is gone on from (default runs/distributed)
`;

/** @throws Error for an option that is none, with all there are */
export function readOptions(): Options {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      options: {
        quick: flag,
        zero: flag,
        epochs: { type: 'string' },
        batch: { type: 'string' },
        out: { type: 'string', default: 'runs/distributed' },
      },
    });
    const { quick, zero, out } = values;
    const sizes = quick ? { images: 4000, testImages: 2000 } : { images: 60_000, testImages: 10_000 };
    const epochs = quick ? 1 : wholeNumber('epochs', values.epochs, 2, 1);
    return { ...sizes, epochs, batch: wholeNumber('batch', values.batch, 128, 1), zero, out };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`);
  }
}
