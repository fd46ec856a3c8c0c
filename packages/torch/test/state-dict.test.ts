/** Values out of a module and into another. */
import { describe, expect, it } from 'vitest';
import { manualSeed, nn, ones, type Tensor } from '../src/index.ts';
import { Net } from './support/small-net.ts';

const values = (input: Tensor) => Array.from(input.data() as Float32Array);

describe('the state dict', () => {
  it('has the names and order of PyTorch, without what is not persistent', () => {
    expect([...new Net().stateDict().keys()]).toEqual([
      'offset',
      'table',
      'stem.weight',
      'stem.bias',
      'norm.weight',
      'norm.bias',
      'norm.running_mean',
      'norm.running_var',
      'norm.num_batches_tracked',
      'branch.scale',
      'branch.linear.weight',
    ]);
  });

  it('holds the live tensors and goes into another module', () => {
    manualSeed(1);
    const [from, to] = [new Net(), new Net()];
    const { weight } = to.stem;
    expect(from.stateDict().get('stem.weight')).toBe(from.stem.weight);
    expect(to.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(to.stem.weight).toBe(weight);
    expect(values(weight)).toEqual(values(from.stem.weight));
    expect(weight.requiresGrad && weight.isLeaf).toBe(true);
  });

  it('lists all that does not fit and changes nothing', () => {
    const net = new Net();
    const state = Object.fromEntries(net.stateDict());
    const { offset: _, ...rest } = state;
    const load = () =>
      net.loadStateDict({ ...rest, 'stem.bias': ones([5]), 'branch.scale': ones([2]).mul(9), old: ones([1]) });
    expect(load).toThrowErrorMatchingInlineSnapshot(`
      [Error: Net.loadStateDict: the state does not fit:
        missing: offset
        unexpected: old
        stem.bias: the module has shape [3], the state [5]
      With { strict: false } missing and unexpected names are only reported.]
    `);
    expect(values(net.branch.scale)).toEqual([1, 1]);
  });

  it('reports what is missing or too much when lenient, but never another shape', () => {
    const net = new Net();
    const result = net.loadStateDict({ offset: ones([2]), old: ones([1]) }, { strict: false });
    expect(result.unexpectedKeys).toEqual(['old']);
    expect(result.missingKeys).toContain('stem.weight');
    expect(values(net.offset)).toEqual([1, 1]);
    expect(() => net.loadStateDict({ offset: ones([3]) }, { strict: false })).toThrow(
      'offset: the module has shape [2], the state [3]',
    );
  });

  it('does without the batch counter, as old checkpoints do', () => {
    const norm = new nn.BatchNorm1d(2);
    norm.forward(ones([2, 2]));
    const { num_batches_tracked: _, ...old } = Object.fromEntries(norm.stateDict());
    expect(norm.loadStateDict(old)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(norm.num_batches_tracked?.item()).toBe(0);
  });
});
