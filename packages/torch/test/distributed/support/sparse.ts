/** One rank of a model with sparse gradients: of rows on all ranks, on one, on none; means as JSON. */
import { distributed, nn, tensor, zeros } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const model = new nn.parallel.DistributedDataParallel(new nn.Embedding(3, 1, { sparse: true }));
const rows = [[rank], rank === 0 ? [] : [2], []];
const { weight } = model.module;
const gradient = () => weight.grad?.toDense().reshape([-1]).toArray();
const found = [];
for (const each of rows) {
  weight.grad = null;
  const index = each.length === 0 ? zeros([0], { dtype: 'int64' }) : tensor(each, { dtype: 'int64' });
  model.forward(index).sum().backward();
  found.push(gradient());
}
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify(found)}\n`);
