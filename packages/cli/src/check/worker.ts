/** A thread that checks files, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from '../refusal.ts';
import type { FoundFile } from './files.ts';
import { makeInspector } from './inspect.ts';
import type { CheckOptions } from './problem.ts';

const port = parentPort!;
const inspect = await makeInspector(workerData as CheckOptions);
port.on('message', (file: FoundFile) => {
  try {
    port.postMessage(inspect(file));
  } catch (error) {
    port.postMessage({
      path: file.path,
      fault: error instanceof Error ? (error.stack ?? error.message) : reasonOf(error),
    });
  }
});
port.postMessage('ready');
