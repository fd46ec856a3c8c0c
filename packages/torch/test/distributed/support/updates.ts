/** One rank that makes so many updates, `updates.ts COUNT ZERO`: of 500,000 parameters in a few tensors. */
import { buildOptimWrapper, distributed, manualSeed, nn, randn, tidy } from '../../../src/index.ts';

const [count, zero] = [Number(process.argv[2]), process.argv[3] === 'zero'];
await distributed.initProcessGroup({ timeoutMs: 20_000 });
manualSeed(1);
const module = new nn.Sequential(...Array.from({ length: 8 }, () => new nn.Linear(250, 250)));
const model = new nn.parallel.DistributedDataParallel(module);
const type = zero ? { type: 'ZeroRedundancyOptimizer', optimizer_type: 'AdamW' } : { type: 'AdamW' };
const wrapper = buildOptimWrapper(model, { optimizer: { ...type, lr: 1e-3 } });
for (let step = 0; step < count; step++)
  tidy(() =>
    wrapper.updateParams(
      model
        .forward(randn([2, 250]))
        .pow(2)
        .mean(),
    ),
  );
await distributed.barrier();
const sizes = module.parameters().map((parameter) => parameter.numel);
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify({ sizes })}\n`);
