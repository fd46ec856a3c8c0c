/** One rank of steps in which the gradient of one rank alone is not finite; weights after each as JSON. */
import { buildOptimWrapper, distributed, nn, noGrad, ones, tidy } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const [algorithm, type] = process.argv.slice(2) as [string, string];
const model = new nn.parallel.DistributedDataParallel(
  new nn.Sequential(new nn.Linear(3, 2, { bias: false }), new nn.Linear(2, 1, { bias: false })),
);
for (const parameter of model.parameters()) noGrad(() => parameter.fill_(1));
const zero = { type: 'ZeroRedundancyOptimizer', optimizer_type: 'SGD' };
const wrapper = buildOptimWrapper(model, {
  type,
  optimizer: { ...(algorithm === 'zero' ? zero : { type: 'SGD' }), lr: 0.01, momentum: 0.9 },
  clip_grad: { max_norm: 1 },
  ...(type === 'OptimWrapper' ? { on_non_finite: 'skip' } : { dtype: 'bfloat16', loss_scale: 512 }),
});
const weights = () => model.parameters().map((parameter) => parameter.reshape([-1]).toArray());
const found = [];
for (const broken of [-1, 0, 1, -1]) {
  tidy(() => {
    const input = ones([2, 3]).mul(rank === broken ? Number.POSITIVE_INFINITY : 1);
    wrapper.updateParams(model.forward(input).sum());
  });
  found.push(weights());
}
const scale = 'loss_scaler' in wrapper.stateDict() ? wrapper.stateDict().loss_scaler : null;
const counters = wrapper.stateDict().counters;
wrapper.optimizer.stateDict();
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify({ found, scale, counters })}\n`);
