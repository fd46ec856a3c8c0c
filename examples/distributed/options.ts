/** The options of `npm run start:distributed`. */
import { parseArgs } from 'node:util';

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
        epochs: { type: 'string', default: '2' },
        batch: { type: 'string', default: '128' },
        out: { type: 'string', default: 'runs/distributed' },
      },
    });
    const { quick, zero, out } = values;
    const sizes = quick ? { images: 4000, testImages: 2000 } : { images: 60_000, testImages: 10_000 };
    const epochs = quick ? 1 : whole('epochs', values.epochs);
    return { ...sizes, epochs, batch: whole('batch', values.batch), zero, out };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${name}: expected a whole number from 1 up, found ${text}`);
}
