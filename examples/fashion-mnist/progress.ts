/** A progress bar on a terminal; a line now and then where the output goes to a file. */
import { type Options, SingleBar } from 'cli-progress';
import pc from 'picocolors';

export interface Progress {
  update(step: number, values: { loss: number; lr: number; gradNorm: number | undefined }): void;
  stop(): void;
}

const format = (loss: number, lr: number, gradNorm: number | undefined) =>
  `loss ${loss.toFixed(3)}  lr ${lr.toExponential(2)}  |grad| ${gradNorm === undefined ? '   –' : gradNorm.toFixed(2)}`;

export function startProgress(title: string, total: number): Progress {
  return process.stdout.isTTY ? bar(title, total) : lines(title, total);
}

function bar(title: string, total: number): Progress {
  const options: Options = {
    format: `${pc.bold(title)} {bar} {percentage}% {values} eta {eta_formatted}`,
    barsize: 24,
    hideCursor: true,
  };
  const drawn = new SingleBar(options);
  drawn.start(total, 0, { values: '' });
  return {
    update: (step, { loss, lr, gradNorm }) => drawn.update(step, { values: format(loss, lr, gradNorm) }),
    stop: () => drawn.stop(),
  };
}

function lines(title: string, total: number): Progress {
  const every = Math.max(1, Math.ceil(total / 4));
  return {
    update(step, { loss, lr, gradNorm }) {
      if (step % every === 0 || step === total)
        process.stdout.write(
          `${title} ${String(Math.round((100 * step) / total)).padStart(3)}%  ${format(loss, lr, gradNorm)}\n`,
        );
    },
    stop: () => {},
  };
}
