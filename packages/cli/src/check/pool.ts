/** Checking many files: in this thread where they are few, else in as many as there are cores. */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FoundFile } from './files.ts';
import { makeInspector } from './inspect.ts';
import type { CheckOptions, Inspection } from './problem.ts';

/** Below so many files starting threads takes longer than reading them. */
const FEW = 200;
const MAX_THREADS = 16;
const MEMORY_MIB = 1024;

/**
 * @param onDone called with the number of files that are done.
 * @param threads default: the cores of the machine, at most 16; 1 for fewer than 200 files.
 * @returns one inspection a file, in their order.
 * @throws Refusal where the model cannot be read.
 */
export async function inspectAll(
  files: readonly FoundFile[],
  options: CheckOptions,
  onDone: (count: number) => void,
  threads = files.length < FEW ? 1 : Math.min(availableParallelism(), MAX_THREADS),
): Promise<Inspection[]> {
  const inspect = await makeInspector(options);
  if (threads > 1) return inThreads(files, options, onDone, threads);
  const inspections: Inspection[] = [];
  for (const file of files) {
    inspections.push(inspect(file));
    onDone(inspections.length);
    // What is shown meanwhile is to be drawn.
    if (inspections.length % 64 === 0) await setImmediate();
  }
  return inspections;
}

async function inThreads(
  files: readonly FoundFile[],
  options: CheckOptions,
  onDone: (count: number) => void,
  threads: number,
): Promise<Inspection[]> {
  const inspections: Inspection[] = [];
  let next = 0;
  let done = 0;
  const take = () => (next < files.length ? next++ : undefined);
  const give = (index: number, inspection: Inspection) => {
    inspections[index] = inspection;
    onDone(++done);
  };
  const queue = { files, take, give };
  await Promise.all(Array.from({ length: threads }, () => oneThread(queue, options)));
  return inspections;
}

interface Queue {
  readonly files: readonly FoundFile[];
  /** The index of a file that nobody has taken. */
  take(): number | undefined;
  give(index: number, inspection: Inspection): void;
}

/** A thread that ends before its file is done has failed at that file; another goes on with the rest. */
async function oneThread(queue: Queue, options: CheckOptions): Promise<void> {
  for (let index = queue.take(); index !== undefined; index = queue.take()) {
    const failedAt = await runThread(queue, options, index);
    if (failedAt === undefined) return;
    const { path } = queue.files[failedAt.index]!;
    const message = `reading it failed: ${failedAt.reason}`;
    const problem = { rule: 'unreadable', level: 'error', message, file: path, line: 1 } as const;
    queue.give(failedAt.index, { path, kind: 'config', problems: [problem], bases: [] });
  }
}

interface Failed {
  readonly index: number;
  readonly reason: string;
}

/** @returns where the thread failed; `undefined` where no file is left. */
function runThread({ files, take, give }: Queue, options: CheckOptions, first: number): Promise<Failed | undefined> {
  return new Promise((finish, fail) => {
    let index: number | undefined = first;
    let isReady = false;
    const worker = startWorker(options);
    const end = (failed: Failed | undefined) => {
      worker.removeAllListeners();
      worker.on('error', () => {});
      void worker.terminate().then(() => finish(failed));
    };
    const failed = (reason: string) => {
      if (isReady) end({ index: index!, reason });
      else fail(new Error(`a thread to check files did not start: ${reason}`));
    };
    worker.on('error', (error) => failed(error.message));
    worker.on('exit', (code) => failed(`it ended with ${code}`));
    worker.on('message', (message: Inspection | { readonly fault: string } | 'ready') => {
      if (message === 'ready') isReady = true;
      else {
        if ('fault' in message) return end({ index: index!, reason: message.fault });
        give(index!, message);
        index = take();
      }
      if (index === undefined) end(undefined);
      else worker.postMessage(files[index]);
    });
  });
}

function startWorker(options: CheckOptions): Worker {
  const here = import.meta.url;
  const settings = { workerData: options, resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB } };
  if (!here.endsWith('.ts')) return new Worker(new URL('./check-worker.js', here), settings);
  // From the sources: a thread has to be told how to read TypeScript.
  const start = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
    register();
    return import(${JSON.stringify(new URL('./worker.ts', here).href)});
  })`;
  return new Worker(start, { ...settings, eval: true, execArgv: ['--conditions=source'] });
}
