/**
 * One rank of a run that saves as it goes, until it is killed or done: `long-run.ts FILE LENGTH`. Goes on from FILE where it
 * exists. Prints every iteration, and at the end the weights.
 */
import { existsSync } from 'node:fs';
import { distributed, loadCheckpoint, nn, saveCheckpoint } from '../../../src/index.ts';
import { iterate, makeModel, makeWrapper } from './training-run.ts';

const [, , file = '', length = '0'] = process.argv;
await distributed.initProcessGroup({ timeoutMs: 3000, joinTimeoutMs: 20_000 });
const rank = distributed.getRank();
const size = distributed.getWorldSize();
const model = new nn.parallel.DistributedDataParallel(makeModel());
const wrapper = makeWrapper(model, { accumulation: 1, zero: true });
const parts = { model, wrapper };
const start = existsSync(file) ? (loadCheckpoint(file, parts).meta as number) : 0;
for (let iteration = start; iteration < Number(length); iteration++) {
  iterate(model, wrapper, [iteration, rank, size]);
  if (iteration % 5 === 4) saveCheckpoint(file, parts, { meta: iteration + 1 });
  process.stdout.write(`step ${iteration + 1}\n`);
  // Signs of life are seldom against steps of this size.
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const weights = model.parameters().flatMap((each) => each.reshape([-1]).toArray());
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify(weights)}\n`);
