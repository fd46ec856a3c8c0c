/** What a module holds, in which order and under which names; its modes; how it prints. */
import type { ModuleView } from '@paramwise/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { liveTensors, nn, ones, type Tensor, tidy, zeros } from '../src/index.ts';
import { Net } from './support/small-net.ts';

class Tied extends nn.Module {
  encoder = new nn.Linear(2, 2, { bias: false });
  decoder = new nn.Linear(2, 2, { bias: false });
  again: nn.Linear;

  constructor() {
    super();
    this.decoder.weight = this.encoder.weight;
    this.again = this.encoder;
  }

  forward(input: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(input));
  }
}

const names = (pairs: Iterable<readonly [string, unknown]>) => Array.from(pairs, ([name]) => name);

const values = (input: Tensor) => Array.from(input.data() as Float32Array);

describe('what a module holds', () => {
  it('lists own parameters before those of children, in the order of definition', () => {
    expect(names(new Net().namedParameters())).toEqual([
      'offset',
      'stem.weight',
      'stem.bias',
      'norm.weight',
      'norm.bias',
      'branch.scale',
      'branch.linear.weight',
    ]);
  });

  it('takes a prefix, and stays with its own on request', () => {
    const { branch } = new Net();
    expect(names(branch.namedParameters({ prefix: 'a.b', recurse: false }))).toEqual(['a.b.scale']);
    expect(branch.parameters({ recurse: false })).toHaveLength(1);
  });

  it('lists buffers, the persistent and the others', () => {
    expect(names(new Net().namedBuffers())).toEqual([
      'cache',
      'table',
      'norm.running_mean',
      'norm.running_var',
      'norm.num_batches_tracked',
    ]);
  });

  it('lists modules depth first and children directly', () => {
    const net = new Net();
    expect(names(net.namedModules())).toEqual(['', 'stem', 'norm', 'branch', 'branch.linear']);
    expect(net.children()).toEqual([net.stem, net.norm, net.branch]);
    const visited: nn.Module[] = [];
    net.apply((module) => visited.push(module));
    expect(visited).toEqual([net.stem, net.norm, net.branch.linear, net.branch, net]);
  });

  it('finds by path, and says what there is otherwise', () => {
    const net = new Net();
    expect(net.getParameter('branch.linear.weight')).toBe(net.branch.linear.weight);
    expect(net.getModule('branch.linear')).toBe(net.branch.linear);
    expect(net.getModule('')).toBe(net);
    expect(() => net.getParameter('stem.wieght')).toThrow('no parameter "wieght" here; there are: weight, bias');
    expect(() => net.getModule('branch.line')).toThrow('no child "line" here; there are: linear');
  });

  it('gives what is shared once, or under each name', () => {
    const tied = new Tied();
    expect(names(tied.namedParameters())).toEqual(['encoder.weight']);
    expect(names(tied.namedParameters({ removeDuplicate: false }))).toEqual([
      'encoder.weight',
      'decoder.weight',
      'again.weight',
    ]);
    expect(names(tied.namedChildren())).toEqual(['encoder', 'decoder']);
    expect(names(tied.ownChildren())).toEqual(['encoder', 'decoder', 'again']);
    expect([...tied.stateDict().keys()]).toEqual(['encoder.weight', 'decoder.weight', 'again.weight']);
  });

  it('takes parameters and modules by name, and refuses names that cannot be', () => {
    const module = new nn.Identity();
    module.registerParameter('weight', new nn.Parameter(ones([1])));
    module.registerParameter('bias', null);
    module.registerModule('inner', new nn.ReLU());
    expect(names(module.namedParameters())).toEqual(['weight']);
    expect(names(module.namedChildren())).toEqual(['inner']);
    for (const name of ['', 'a.b', 'forward', 'train'])
      expect(() => module.registerBuffer(name, null)).toThrow(
        `Identity.registerBuffer("${name}"): a name is not empty`,
      );
  });

  it('is a view for planning', () => {
    const net = new Net();
    expectTypeOf(net).toExtend<ModuleView>();
    expect(net.norm.moduleKind).toEqual({ type: 'norm' });
    expect(new nn.Conv2d(4, 8, 3, { groups: 2 }).moduleKind).toEqual({ type: 'conv2d', inChannels: 4, groups: 2 });
    const others = [new nn.Conv1d(1, 1, 1), new nn.ConvTranspose2d(1, 1, 1), new nn.LocalResponseNorm(2), net];
    for (const other of others) expect(other.moduleKind).toEqual({ type: 'other' });
    expect(new nn.Linear(1, 1).moduleKind).toEqual({ type: 'linear' });
    for (const table of [new nn.Embedding(2, 2), new nn.EmbeddingBag(2, 2)])
      expect(table.moduleKind).toEqual({ type: 'embedding' });
    expect(new nn.ModulatedDeformConv2dPack(4, 4, 3).moduleKind).toEqual({ type: 'deform_conv' });
    expect(new nn.Conv2d(1, 1, 1).typeNames).toEqual(['Conv2d', 'ConvNd', 'Module']);
  });
});

describe('modes, gradients and dtypes', () => {
  it('trains and evaluates with all below', () => {
    const net = new Net().eval();
    expect(net.modules().map(({ training }) => training)).toEqual([false, false, false, false, false]);
    expect(net.train().branch.linear.training).toBe(true);
    const drop = new nn.Dropout(0.5);
    expect(values(drop.eval().forward(ones([8])))).toEqual(new Array(8).fill(1));
  });

  it('lets a module decide for itself and those below it', () => {
    class Frozen extends nn.Sequential {
      override train(): this {
        return super.train(false);
      }
    }
    const net = new nn.Sequential(new nn.Dropout(), new Frozen(new nn.Dropout())).train();
    expect(net.modules().map(({ training }) => training)).toEqual([true, true, false, false]);
  });

  it('switches, clears and zeroes gradients', () => {
    const net = new Net();
    net.stem.requiresGrad_(false);
    net
      .forward(ones([2, 4]))
      .sum()
      .backward();
    expect(net.stem.weight.grad).toBeNull();
    net.zeroGrad(false);
    expect(values(net.offset.grad as Tensor)).toEqual([0, 0]);
    net.zeroGrad();
    expect(net.offset.grad).toBeNull();
  });

  it('converts floating-point parameters, gradients and buffers in place', () => {
    const net = new Net();
    const { weight } = net.stem;
    net
      .forward(ones([2, 4]))
      .sum()
      .backward();
    net.to('float64');
    expect(net.stem.weight).toBe(weight);
    expect([weight.dtype, weight.grad?.dtype, net.norm.running_mean?.dtype]).toEqual(['float64', 'float64', 'float64']);
    expect(net.norm.num_batches_tracked?.dtype).toBe('int64');
    expect(net.to({ dtype: 'float32', device: 'cpu' }).stem.weight.dtype).toBe('float32');
  });

  it('is released as a whole', () => {
    const before = liveTensors();
    tidy(() => {
      const net = new Net();
      net.dispose();
      expect(net.stem.weight.disposed).toBe(true);
    });
    expect(liveTensors()).toBe(before);
  });

  it('leaves nothing behind after steps in scopes', () => {
    const net = new Net();
    const step = () =>
      tidy(() =>
        net
          .forward(ones([2, 4]))
          .sum()
          .backward(),
      );
    step();
    tidy(() => net.zeroGrad());
    const before = liveTensors();
    for (let i = 0; i < 50; i++) {
      step();
      net.zeroGrad();
    }
    expect(liveTensors()).toBe(before);
  });
});

describe('a buffer that is assigned', () => {
  class Average extends nn.Module {
    first = new nn.Parameter(ones([1]));
    ema: Tensor = this.registerBuffer('ema', ones([2]));
    other: Tensor;

    constructor() {
      super();
      this.other = this.registerBuffer('other', zeros([2]));
    }

    forward(input: Tensor): Tensor {
      this.ema = this.ema.mul(0.5).add(input);
      return this.ema.mul(2);
    }
  }

  it('outlives the scope that computed it, and the ones before are released', () => {
    const net = new Average();
    expect([...net.stateDict().keys()]).toEqual(['first', 'ema', 'other']);
    const step = () => tidy(() => void net.forward(ones([2])));
    for (let i = 0; i < 3; i++) step();
    expect(values(net.ema)).toEqual([1.875, 1.875]);
    const before = liveTensors();
    for (let i = 0; i < 20; i++) step();
    expect(liveTensors()).toBe(before);
    expect(Object.keys(net)).toEqual(['training', 'first', 'ema', 'other']);
    expect(net.stateDict().get('ema')).toBe(net.ema);
    const all = [net.ema, net.other];
    net.dispose();
    expect(all.map(({ disposed }) => disposed)).toEqual([true, true]);
  });

  it('can change places with another, and stands under two names', () => {
    const net = new Average();
    net.stateDict();
    const [ema, other] = [net.ema, net.other];
    for (let i = 0; i < 3; i++) [net.ema, net.other] = [net.other, net.ema];
    expect([net.ema, net.other]).toEqual([other, ema]);
    expect([ema.disposed, other.disposed]).toEqual([false, false]);
    const second = new Average();
    second.stateDict();
    second.other = net.other;
    for (let i = 0; i < 3; i++) net.other = tidy(() => zeros([2]));
    expect(second.other.disposed).toBe(false);
    expect(values(second.other)).toEqual([1, 1]);
  });
});

describe('printing', () => {
  it('nests as PyTorch does', () => {
    expect(String(new Net())).toMatchInlineSnapshot(`
      "Net(
        (stem): Linear(4, 3, bias=true)
        (norm): BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)
        (branch): Branch(
          (linear): Linear(3, 2, bias=false)
        )
      )"
    `);
    const stack = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 'same', bias: false, paddingMode: 'reflect' }),
      new nn.MaxPool2d(2),
    );
    expect(String(stack)).toMatchInlineSnapshot(`
      "Sequential(
        (0): Conv2d(1, 8, kernelSize=[3, 3], stride=[1, 1], padding=same, bias=false, paddingMode=reflect)
        (1): MaxPool2d(kernelSize=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1], ceilMode=false)
      )"
    `);
  });
});
