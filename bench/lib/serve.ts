/** The other end of `peer.ts` for rivals written in TypeScript. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Does its work once. */
type Variant = () => void | Promise<void>;

export interface Served {
  hello(threads: number): Promise<Record<string, string>> | Record<string, string>;
  /** Prepares a work by its name. */
  works: Readonly<Record<string, (settings: never) => Prepared | Promise<Prepared>>>;
}

export interface Prepared {
  variants: Readonly<Record<string, Variant>>;
  /** Of the first batch, when training. */
  loss?: number;
}

/** Most memory that this process ever held, in MiB. */
function peakMib(): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kib) / 1024;
}

interface Message {
  do: 'hello' | 'setup' | 'run' | 'peak';
  threads: number;
  work: string;
  settings: never;
  variant: string;
  times: number;
}

export async function serve({ hello, works }: Served): Promise<void> {
  let variants: Prepared['variants'] = {};
  const handlers: Record<Message['do'], (message: Message) => Promise<object>> = {
    hello: async ({ threads }) => ({ versions: await hello(threads) }),
    setup: async ({ work, settings }) => {
      const prepare = works[work];
      if (!prepare) throw new Error(`cannot do ${work}`);
      const prepared = await prepare(settings);
      ({ variants } = prepared);
      return { variants: Object.keys(variants), loss: prepared.loss };
    },
    run: async ({ variant, times }) => {
      const run = variants[variant];
      if (!run) throw new Error(`has no variant ${variant}`);
      return { ms: await timed(run, times) };
    },
    peak: async () => ({ peak_mib: peakMib() }),
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as Message;
    const answer = await handlers[message.do](message).catch((error: Error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function timed(run: Variant, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run();
    all.push(performance.now() - start);
  }
  return all;
}
