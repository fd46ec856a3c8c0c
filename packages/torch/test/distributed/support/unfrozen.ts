/** One rank of a model whose first layer begins to train after some passes, then stops again; gradients as JSON. */
import { distributed, nn, noGrad, ones, tidy } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const first = new nn.Linear(1, 1, { bias: false });
const model = new nn.parallel.DistributedDataParallel(new nn.Sequential(first, new nn.Linear(1, 1, { bias: false })));
for (const parameter of model.parameters()) noGrad(() => parameter.fill_(1));
const found: unknown[] = [];
for (const trained of [false, false, true, true, false, false]) {
  first.weight.requiresGrad_(trained);
  for (const parameter of model.parameters()) parameter.grad = null;
  tidy(() =>
    model
      .forward(ones([1, 1]).mul(rank + 1))
      .sum()
      .backward(),
  );
  found.push(model.parameters().map((parameter) => parameter.grad?.item() ?? null));
}
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify(found)}\n`);
