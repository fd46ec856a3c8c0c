/** Our side of every benchmark that has rivals; see `lib/peer.ts`. */
import { createRequire } from 'node:module';
import {
  buildOptimWrapper,
  distributed,
  engineVersions,
  getNumThreads,
  manualSeed,
  nn,
  OptimWrapper,
  ones,
  optim,
  randint,
  randn,
  setNumThreads,
  type Tensor,
  tidy,
} from '@paramwise/torch';
import { FashionNet } from '../../examples/fashion-mnist/model.ts';
import type { LimitAddon } from '../lib/limit.ts';
import { mlp, ResNet18 } from '../lib/networks.ts';
import { type Prepared, serve } from '../lib/serve.ts';
import { elementsOf, isHiddenMatrix, type NamedShape } from '../lib/shapes.ts';
import type { Training } from '../lib/training.ts';

export interface OptimizerSettings {
  algorithm: 'AdamW' | 'SGD' | 'Muon';
  shapes: NamedShape[];
  /** Path of the addon that moves bytes. */
  limit: string;
}

function makeParams(shapes: readonly NamedShape[]): nn.Parameter[] {
  return shapes.map(([, shape]) => {
    const param = new nn.Parameter(tidy(() => randn(shape).mul_(0.02)));
    tidy(() => {
      param.grad = randn(shape).mul_(1e-3);
    });
    return param;
  });
}

const OPTIONS = {
  AdamW: { lr: 1e-4, weight_decay: 0.05 },
  SGD: { lr: 1e-3, weight_decay: 1e-4, momentum: 0.9 },
  Muon: { lr: 1e-4, weight_decay: 0.05 },
};

/** A rate and a decay of its own for each parameter. */
const ownSettings = (index: number) => ({ lr: 1e-4 * (1 + index / 1000), weight_decay: index % 2 ? 0 : 0.05 });

function groupsOf({ algorithm, shapes }: OptimizerSettings, params: readonly Tensor[], own: boolean) {
  const settings = params.map((param, index) => {
    const auxiliary = algorithm === 'Muon' && !isHiddenMatrix(shapes[index]!);
    return { params: [param], ...(auxiliary && { algorithm: 'AdamW' }), ...(own && ownSettings(index)) };
  });
  if (own) return settings;
  const isAuxiliary = (group: object) => 'algorithm' in group;
  return [settings.filter((group) => !isAuxiliary(group)), settings.filter(isAuxiliary)]
    .filter((alike) => alike.length > 0)
    .map((alike) => ({ ...alike[0], params: alike.flatMap(({ params }) => params) }));
}

const WARM_UP = 100;

/** Has JavaScript compiled as it is soon after a training began, at a size that takes no time. */
function warmUp({ variants }: Prepared): void {
  for (const run of Object.values(variants)) for (let i = 0; i < WARM_UP; i++) run();
}

function optimizers(settings: OptimizerSettings): Prepared {
  const small = settings.shapes.map(([name, shape]): NamedShape => [name, shape.map((size) => Math.min(size, 2))]);
  warmUp(optimizersOf({ ...settings, shapes: small }));
  return optimizersOf(settings);
}

function optimizersOf(settings: OptimizerSettings): Prepared {
  const { algorithm, shapes } = settings;
  const params = makeParams(shapes);
  const make = (own: boolean) => new optim[algorithm](groupsOf(settings, params, own), OPTIONS[algorithm]);
  const [own, one] = [make(true), make(false)];
  const [plain, single] = [new OptimWrapper({ optimizer: own }), new OptimWrapper({ optimizer: one })];
  const clipping = new OptimWrapper({ optimizer: own, clip_grad: { max_norm: 1 } });
  const onPath = (path: 'kernel' | 'operators') => () => {
    own.path = path;
    plain.step();
  };
  return {
    variants: {
      kernel: onPath('kernel'),
      one: () => single.step(),
      clipped: () => {
        own.path = 'kernel';
        clipping.step();
      },
      operators: onPath('operators'),
      ...(algorithm === 'Muon' ? { products: matrixProducts(shapes) } : { limit: memoryLimit(settings) }),
    },
  };
}

/** Moves the bytes of a step, on arrays of its own. */
function memoryLimit({ algorithm, shapes, limit }: OptimizerSettings): () => void {
  const addon = createRequire(import.meta.url)(limit) as LimitAddon;
  addon.make(elementsOf(shapes), algorithm === 'AdamW' ? 2 : 1);
  const threads = getNumThreads();
  return () => addon.move(1, 0, threads);
}

/** The matrix products of Muon's five rounds and nothing else: what its step cannot be faster than. */
function matrixProducts(shapes: readonly NamedShape[]): () => void {
  const matrices = shapes.filter(isHiddenMatrix).map(([, [rows = 0, columns = 0]]) => {
    const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
    return { x: randn([short, long]), gram: randn([short, short]) };
  });
  return () => {
    for (const { x, gram } of matrices)
      for (let round = 0; round < 5; round++)
        tidy(() => {
          x.matmul(x.t());
          gram.matmul(gram);
          gram.matmul(x);
        });
  };
}

/** A thousand tiny operators; 100 results share a scope, about as many as a training step has. */
function calls(): Prepared {
  const [x, y] = [ones([1]), ones([1])];
  const repeat = (call: () => void) => () => {
    for (let scope = 0; scope < 10; scope++)
      tidy(() => {
        for (let i = 0; i < 100; i++) call();
      });
  };
  return { variants: { add_: repeat(() => x.add_(y)), add: repeat(() => x.add(y)) } };
}

const NETWORKS = { mlp, example: () => new FashionNet(10), resnet18: () => new ResNet18() };

/** Compiles on a network of its own, with two images. */
function warmUpTraining({ network, input, classes, config }: Training): void {
  const model = NETWORKS[network]();
  const wrapper = buildOptimWrapper(model, config);
  const [images, labels] = [randn([2, ...input.slice(1)]), randint(0, classes, [2])];
  const lossOf = () => nn.functional.crossEntropy(model.forward(images), labels);
  warmUp({ variants: { train: () => tidy(() => wrapper.updateParams(lossOf())) } });
}

function training(work: Training & { cold?: boolean }): Prepared {
  if (!work.cold) warmUpTraining(work);
  const { network, input, classes, config } = work;
  manualSeed(1);
  const model = NETWORKS[network]();
  const wrapper = buildOptimWrapper(model, config);
  const images = randn(input);
  const labels = randint(0, classes, [input[0]!]);
  const lossOf = () => nn.functional.crossEntropy(model.forward(images), labels);
  const loss = tidy(() => Number(lossOf().item()));
  const train = () => tidy(() => wrapper.updateParams(lossOf()));
  const train_zeros = () => tidy(() => wrapper.updateParams(lossOf(), { setToNone: false }));
  // Profiles ask for parts; the benchmark itself runs `train`.
  const forward = () => tidy(() => void lossOf());
  const backward = () => {
    tidy(() => wrapper.backward(lossOf()));
    wrapper.zeroGrad();
  };
  return { variants: { train, train_zeros, forward, backward }, loss };
}

interface RankSettings extends Training {
  readonly rank: number;
  readonly ranks: number;
  /** Of loopback, where rank 0 listens. */
  readonly port: number;
}

/** One rank of a data-parallel run: a batch of its own, gradients averaged over all. */
async function ranks({
  network,
  input,
  classes,
  config,
  rank,
  ranks: worldSize,
  port,
}: RankSettings): Promise<Prepared> {
  await distributed.initProcessGroup({ rank, worldSize, masterAddr: '127.0.0.1', masterPort: port, timeoutMs: 60_000 });
  manualSeed(1);
  const model = new nn.parallel.DistributedDataParallel(NETWORKS[network]());
  const wrapper = buildOptimWrapper(model, config);
  manualSeed(2 + rank);
  const images = randn(input);
  const labels = randint(0, classes, [input[0]!]);
  const lossOf = () => nn.functional.crossEntropy(model.forward(images), labels);
  return { variants: { train: () => tidy(() => wrapper.updateParams(lossOf())) } };
}

await serve({
  hello(threads) {
    setNumThreads(threads);
    const { libtorch, blas, parallel, cpuCapability, vectorLevel } = engineVersions();
    return { libtorch, blas, parallel, vectors: cpuCapability, step_vectors: vectorLevel };
  },
  works: { optimizers, calls, training, ranks },
});
