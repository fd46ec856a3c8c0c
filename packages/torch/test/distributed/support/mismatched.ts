/** One rank that gives to an exchange what does not fit the others'; what it says of it, as JSON. */
import { distributed, nn, optim, zeros } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const said: string[] = [];
const calls: (() => unknown)[] = {
  size: [() => distributed.allReduce(zeros([rank === 0 ? 2 : 300]))],
  dtype: [() => distributed.broadcast(zeros([2], { dtype: rank === 0 ? 'float32' : 'int32' }))],
  order: [() => (rank === 0 ? distributed.barrier() : distributed.allReduce(zeros([1])))],
  buffers: [() => new nn.parallel.DistributedDataParallel(withBuffer(rank + 2))],
  options: [
    () => new nn.parallel.DistributedDataParallel(new nn.Linear(1, 1), { bucketCapMb: rank + 1 }),
    () => new optim.ZeroRedundancyOptimizer([zeros([rank + 1])], { optimizer_type: 'SGD', lr: 1 }),
  ],
}[process.argv[2] as string] as (() => unknown)[];

function withBuffer(size: number): nn.Module {
  const model = new nn.Linear(1, 1);
  model.registerBuffer('table', zeros([size]));
  return model;
}

for (const call of calls)
  try {
    await call();
    said.push('nothing');
  } catch (error) {
    said.push((error as Error).message);
  }
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify(said)}\n`);
