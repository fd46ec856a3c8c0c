/** One rank that looks at what `DistributedDataParallel` does besides the averages. */
import { distributed, manualSeed, nn, ones, randn, type Tensor, tensor, tidy } from '../../../src/index.ts';

const { DistributedDataParallel } = nn.parallel;
const found: Record<string, unknown> = {};

await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const flat = (module: nn.Module) => module.parameters().flatMap((each) => each.reshape([-1]).toArray() as number[]);
const gradients = (module: nn.Module) => module.parameters().map((each) => each.grad?.reshape([-1]).toArray() ?? null);
const messageOf = (action: () => unknown) => {
  try {
    action();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};

// The parameters and buffers of rank 0 become those of all.
manualSeed(rank);
const model = new DistributedDataParallel(
  new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2)),
);
found.initial = flat(model);
manualSeed(10 + rank);
for (let i = 0; i < 3; i++)
  tidy(() =>
    model
      .forward(randn([5, 3]))
      .sum()
      .backward(),
  );
model.forward(randn([5, 3]));
found.names = [...model.stateDict().keys()].slice(0, 2);
const bare = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2));
found.loads = [
  bare.loadStateDict(model.module.stateDict()).missingKeys,
  model.loadStateDict(bare.stateDict()).missingKeys,
  model.loadStateDict(model.stateDict()).missingKeys,
];
model.dispose();

// Running figures differ after a pass of one's own rows, and are rank 0's in the next training pass.
const norm = new DistributedDataParallel(new nn.BatchNorm1d(2));
tidy(() =>
  norm
    .forward(randn([4, 2]))
    .sum()
    .backward(),
);
const runningMean = () => norm.module.buffers()[0]?.toArray();
norm.eval();
tidy(() => norm.forward(randn([4, 2])));
found.apart = runningMean();
norm.train();
tidy(() => norm.forward(ones([4, 2])));
found.together = runningMean();

// A branch that no rank, or only one, goes through.
class Branches extends nn.Module {
  shared = new nn.Linear(2, 2, { bias: false });
  left = new nn.Linear(2, 1, { bias: false });
  right = new nn.Linear(2, 1, { bias: false });

  forward(input: Tensor, left: boolean): Tensor {
    const hidden = this.shared.forward(input);
    return left ? this.left.forward(hidden) : this.shared.forward(hidden);
  }
}
const branches = new DistributedDataParallel(new Branches(), { findUnusedParameters: true });
for (let i = 0; i < 2; i++)
  tidy(() =>
    branches
      .forward(ones([1, 2]), rank === 0)
      .sum()
      .backward(),
  );
found.unused = gradients(branches);

// Inside of noSync gradients stay here; the pass after it exchanges the sums.
const plain = new DistributedDataParallel(new nn.Linear(1, 1, { bias: false }));
const { operations } = distributed.traffic();
tidy(() =>
  plain
    .noSync(() => plain.forward(tensor([[rank + 1]])))
    .sum()
    .backward(),
);
found.local = gradients(plain);
found.silent = distributed.traffic().operations - operations;
tidy(() =>
  plain
    .forward(tensor([[10 * (rank + 1)]]))
    .sum()
    .backward(),
);
found.averaged = gradients(plain);

found.frozen = messageOf(() => new DistributedDataParallel(new nn.Linear(1, 1).requiresGrad_(false)));
found.option = messageOf(() => new DistributedDataParallel(new nn.Linear(1, 1), { bucketSize: 3 } as object));
found.differing = messageOf(() => new DistributedDataParallel(new nn.Linear(2, rank === 1 ? 3 : 2)));

await distributed.destroyProcessGroup();
found.after = messageOf(() => plain.forward(tensor([[1]])));
found.without = messageOf(() => new DistributedDataParallel(new nn.Linear(1, 1)));
process.stdout.write(`${JSON.stringify(found)}\n`);
