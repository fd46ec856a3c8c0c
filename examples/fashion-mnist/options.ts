/** The options of `npm start`. */
import { parseArgs } from 'node:util';

const USAGE = `npm start -- [options]
  --images N   training images, up to 60000 (default)
  --epochs N   epochs of fine-tuning (default 3)
  --batch N    images of a step (default 64)
  --seed N     of weights and order (default 0)
  --out DIR    where weights and metrics go (default runs/fashion-mnist)
`;

function readOptions() {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    options: {
      images: text('60000'),
      epochs: text('3'),
      batch: text('64'),
      seed: text('0'),
      out: text('runs/fashion-mnist'),
      help: { type: 'boolean' },
    },
  });
  const whole = (name: 'images' | 'epochs' | 'batch' | 'seed', least: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name}: expected a whole number from ${least} up, found ${values[name]}`);
  };
  const batch = whole('batch', 1);
  return {
    help: values.help,
    out: values.out,
    // Training on half of the images begins with a batch at least.
    images: whole('images', 2 * batch),
    epochs: whole('epochs', 1),
    batch,
    seed: whole('seed', 0),
  };
}

/** What was asked for; ends the process where that was help, or nonsense. */
export function optionsOrEnd() {
  try {
    const options = readOptions();
    if (!options.help) return options;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}
