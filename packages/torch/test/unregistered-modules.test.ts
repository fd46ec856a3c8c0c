/** Modules in a plain array or object run but are not registered: a warning says so, once, and only then. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildOptimWrapper, nn, ones, type Tensor } from '../src/index.ts';

const found: (Error & { code?: string })[] = [];
const listen = (warning: Error) => void found.push(warning);

beforeEach(() => {
  found.length = 0;
  process.on('warning', listen);
});

afterEach(() => {
  process.off('warning', listen);
});

/** The texts of this module's warnings, once they had time to come. */
async function texts(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return found.filter(({ code }) => code === 'PARAMWISE_MODULE').map(({ message }) => message);
}

abstract class Net extends nn.Module {
  forward(input: Tensor): Tensor {
    return input;
  }
}

it('warns of an array of layers, with its name and the remedy', async () => {
  class Trunk extends Net {
    head = new nn.Linear(2, 2);
    blocks = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
  }
  const model = new Trunk();
  expect(model.parameters()).toHaveLength(2);
  expect(await texts()).toEqual([
    'Trunk.blocks holds modules or parameters in a plain array, which are not registered: they are neither trained nor ' +
      'saved; use ModuleList or ParameterList, or a #private property for what is to stay outside',
  ]);
  expect(found[0]?.name).toBe('ParamwiseWarning');
  new Trunk().parameters();
  expect(await texts()).toHaveLength(1);
});

it('warns when an optimizer wrapper is built, also deep in the tree and in objects', async () => {
  class Branches extends Net {
    paths = { left: [new nn.Linear(2, 2)], right: new nn.Linear(2, 2) };
  }
  const model = new nn.Sequential(new nn.Linear(2, 2), new Branches());
  buildOptimWrapper(model, { optimizer: { type: 'SGD', lr: 0.1 } });
  expect(await texts()).toEqual([
    expect.stringContaining('Branches.paths holds modules or parameters in a plain object'),
  ]);
});

it('warns of parameters in an array', async () => {
  class Scales extends Net {
    scales = [new nn.Parameter(ones([2]))];
  }
  new Scales().parameters();
  expect(await texts()).toEqual([expect.stringContaining('ParameterList')]);
});

it('warns although a base class walked before the array was there', async () => {
  class Cell extends nn.GRUCell {
    extra = [new nn.Linear(2, 2)];
  }
  new Cell(2, 2).parameters();
  expect(await texts()).toEqual([expect.stringContaining('Cell.extra')]);
});

it('says nothing of lists of what is registered elsewhere in the tree, before or after', async () => {
  class Taps extends Net {
    readonly taps: readonly nn.Module[];
    constructor(taps: readonly nn.Module[]) {
      super();
      this.taps = taps;
    }
  }
  class Whole extends Net {
    readonly stages: nn.Linear[] = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
    readonly head = new Taps(this.stages);
    readonly all = new nn.ModuleList(this.stages);
    readonly weights = this.stages.map(({ weight }) => weight);
  }
  const whole = new Whole();
  whole.parameters();
  buildOptimWrapper(whole, { optimizer: { type: 'SGD', lr: 0.1 } });
  expect(await texts()).toEqual([]);
});

it('says nothing of arrays of other things and of private properties', async () => {
  class Plain extends Net {
    readonly sizes = [1, 2];
    readonly names = { a: ['b'] };
    readonly #teacher = [new nn.Linear(2, 2)];
    get teacher(): nn.Module | undefined {
      return this.#teacher[0];
    }
  }
  const plain = new Plain();
  plain.parameters();
  expect(plain.teacher).toBeInstanceOf(nn.Linear);
  expect(await texts()).toEqual([]);
});

it('looks at a module once, not at every walk', () => {
  let reads = 0;
  class Watched extends Net {
    readonly list: unknown[] = new Proxy([1, 2], {
      getOwnPropertyDescriptor: (target, name) => {
        reads++;
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    });
  }
  const watched = new Watched();
  for (let i = 0; i < 5; i++) watched.parameters();
  expect(reads).toBe(2);
});
