/** Modules that hold others in an order of their own. */
import { describe, expect, it } from 'vitest';
import { nn, ones, type Tensor, tensor } from '../src/index.ts';

const names = (pairs: Iterable<readonly [string, unknown]>) => Array.from(pairs, ([name]) => name);

describe('containers', () => {
  const layer = () => new nn.Linear(1, 1, { bias: false });

  it('number layers past ten in order', () => {
    const stack = new nn.Sequential(...Array.from({ length: 12 }, layer));
    expect(names(stack.namedParameters()).slice(8)).toEqual(['8.weight', '9.weight', '10.weight', '11.weight']);
    expect(stack.append(new nn.ReLU()).length).toBe(13);
    expect(stack.at(-1)).toBeInstanceOf(nn.ReLU);
    expect(() => stack.at(13)).toThrow('Sequential.at(13): there are 13 items');
    expect([...stack]).toHaveLength(13);
  });

  it('keep names and their order, even of names like numbers', () => {
    const named = new nn.Sequential({ conv: layer(), act: new nn.ReLU() });
    expect(names(named.namedChildren())).toEqual(['conv', 'act']);
    const mapped = new nn.Sequential(
      new Map([
        ['10', layer()],
        ['2', layer()],
      ]),
    );
    expect([...mapped.stateDict().keys()]).toEqual(['10.weight', '2.weight']);
  });

  it('run layers one after the other', () => {
    const stack = new nn.Sequential(new nn.Flatten(), new nn.Threshold(1, 0), new nn.ReLU());
    expect(
      stack
        .forward(
          tensor([
            [
              [1, 2],
              [-3, 4],
            ],
          ]),
        )
        .toArray(),
    ).toEqual([[0, 2, 0, 4]]);
    expect(new nn.Sequential().forward(ones([1])).item()).toBe(1);
  });

  it('hold modules and parameters in lists and dictionaries', () => {
    class Holder extends nn.Module {
      list = new nn.ModuleList([layer(), layer()]);
      dict = new nn.ModuleDict({ a: layer() });
      factors = new nn.ParameterList([new nn.Parameter(ones([1]))]);
      named = new nn.ParameterDict({ b: new nn.Parameter(ones([2])) });

      forward(input: Tensor): Tensor {
        return this.dict.get('a').forward(input).mul(this.factors.at(0));
      }
    }
    const holder = new Holder();
    expect(names(holder.namedParameters())).toEqual([
      'list.0.weight',
      'list.1.weight',
      'dict.a.weight',
      'factors.0',
      'named.b',
    ]);
    expect(() => holder.dict.get('z')).toThrow('ModuleDict.get("z"): there are a');
    expect(() => holder.list.forward()).toThrow('ModuleList has no forward of its own');
  });
});
