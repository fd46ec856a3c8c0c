import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

const addon = new URL('../build/Release/paramwise_torch.node', import.meta.url).pathname;

/** Looks an operator up, which describes its overloads. */
const program = `
  const native = require(${JSON.stringify(addon)});
  const buffer = new ArrayBuffer(32768);
  native.bindWire(buffer);
  const words = new Float64Array(buffer);
  words.set([5, native.intern('aten::add')]);
  native.find();`;

const run = () =>
  new Promise((resolve, reject) => new Worker(program, { eval: true }).on('exit', resolve).on('error', reject));

async function growthOf(workers: number): Promise<number> {
  const before = process.memoryUsage().rss;
  for (let i = 0; i < workers; i++) await run();
  return process.memoryUsage().rss - before;
}

it('what a worker thread knew of operators goes with it', async () => {
  await growthOf(5);
  expect(await growthOf(40)).toBeLessThan(8e6);
}, 30_000);
