/** How far a job is, how fast, and how long it will take: a line that changes on a terminal, else a line now and then. */
import { type Options, SingleBar } from 'cli-progress';
import pc from 'picocolors';

export interface Progress {
  /** @param items seen since the last call. */
  advance(items: number, note?: string): void;
  /** Prints a text, and goes on below it. */
  say(text: string): void;
  stop(): void;
}

/**
 * @param total calls of `advance`
 * @param items what is counted a second. Default `images`.
 */
export function startProgress(title: string, total: number, items = 'images'): Progress {
  const started = performance.now();
  let seen = 0;
  let done = 0;
  const draw = process.stdout.isTTY ? bar(title, total) : lines(title, total);
  return {
    advance(more, note = '') {
      seen += more;
      done += 1;
      const seconds = (performance.now() - started) / 1000;
      const left = (seconds / done) * (total - done);
      const speed = Math.round(seen / seconds).toLocaleString('en');
      draw.update(done, `${speed} ${items}/s, ${clock(left)} left  ${note}`);
    },
    say: (text) => draw.say(text),
    stop: () => draw.stop(),
  };
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

interface Drawing {
  update(done: number, text: string): void;
  say(text: string): void;
  stop(): void;
}

function bar(title: string, total: number): Drawing {
  const options: Options = {
    format: `${pc.bold(title)} {bar} {value}/{total}  {text}`,
    barsize: 24,
    hideCursor: true,
  };
  const drawn = new SingleBar(options);
  drawn.start(total, 0, { text: '' });
  return {
    update: (done, text) => drawn.update(done, { text }),
    // The bar's line is cleared, and drawn again below with the next update.
    say: (text) => void process.stdout.write(`\r\u001B[K${text}\n`),
    stop: () => drawn.stop(),
  };
}

function lines(title: string, total: number): Drawing {
  const every = Math.max(1, Math.ceil(total / 4));
  return {
    update(done, text) {
      if (done % every === 0 || done === total) process.stdout.write(`${title} ${done}/${total}  ${text.trimEnd()}\n`);
    },
    say: (text) => void process.stdout.write(`${text}\n`),
    stop: () => {},
  };
}
