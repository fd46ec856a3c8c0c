/**
 * One rank that trains from an iteration to another, loading before and saving after where it is told to:
 * `resharded.ts BEGIN END LOAD|- SAVE|-`. Prints the losses and the numbers of parameters whose state it holds.
 */
import { distributed, loadCheckpoint, nn, noGrad, rand, saveCheckpoint } from '../../../src/index.ts';
import { iterate, makeModel, makeWrapper } from './training-run.ts';

const [, , begin, end, load = '-', save = '-'] = process.argv;
await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const size = distributed.getWorldSize();
const model = new nn.parallel.DistributedDataParallel(makeModel());
const wrapper = makeWrapper(model, { accumulation: 3, zero: true });
// The wrapper's groups and those of the file stand in the same order; names decide, and values are overwritten.
if (load !== '-') {
  noGrad(() => model.parameters().map((parameter) => parameter.fill_(rank)));
  loadCheckpoint(load, { model, wrapper });
}
const losses: number[] = [];
for (let iteration = Number(begin); iteration < Number(end); iteration++)
  losses.push(iterate(model, wrapper, [iteration, rank, size]));
const drawn = rand([2]).toArray();
if (save !== '-') saveCheckpoint(save, { model, wrapper });
const held = wrapper.optimizer.state.size;
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify({ losses, held, drawn })}\n`);
