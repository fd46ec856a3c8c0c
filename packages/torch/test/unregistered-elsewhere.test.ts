/** The look for unregistered modules bears whatever else a module holds, and knows what is registered elsewhere. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nn, type Tensor } from '../src/index.ts';

const found: (Error & { code?: string })[] = [];
const listen = (warning: Error) => void found.push(warning);

beforeEach(() => {
  found.length = 0;
  process.on('warning', listen);
});

afterEach(() => {
  process.off('warning', listen);
});

/** The properties warned of, once the warnings had time to come. */
async function warnedOf(): Promise<(string | undefined)[]> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return found.filter(({ code }) => code === 'PARAMWISE_MODULE').map(({ message }) => message.split(' ')[0]);
}

class Net extends nn.Module {
  [name: string]: unknown;
  override forward(input: Tensor): Tensor {
    return input;
  }
}

it('bears objects nested 20,000 deep, objects that go round and getters that throw', async () => {
  let deep: object = {};
  for (let i = 0; i < 20_000; i++) deep = { deep };
  const round: object[] = [];
  round.push(round);
  const throwing = {
    get lazy(): never {
      throw new Error('not ready');
    },
  };
  class Laden extends Net {
    deep = deep;
    round = round;
    throwing = throwing;
    blocks = [[new nn.Linear(2, 2)]];
  }
  expect(new Laden().parameters()).toEqual([]);
  expect(await warnedOf()).toEqual(['Laden.blocks']);
});

it('costs little with an array of 500,000 values', () => {
  const values = Array.from({ length: 500_000 }, (_, i) => i);
  const timeOf = () => {
    const net = new Net();
    net.values = values;
    const start = performance.now();
    net.parameters();
    return performance.now() - start;
  };
  const times = [1, 2, 3, 4, 5].map(timeOf);
  expect(Math.min(...times)).toBeLessThan(5);
});

it('says nothing of a child that knows its parents', async () => {
  class Root extends Net {}
  class Child extends Net {}
  const [root, middle, child] = [new Root(), new Net(), new Child()];
  root.middle = middle;
  middle.child = child;
  child.parents = [root, middle];
  child.parameters();
  expect(await warnedOf()).toEqual([]);
  root.parameters();
  expect(await warnedOf()).toEqual([]);
});

it('says nothing of a list of what another module holds that was not walked yet', async () => {
  class Sub extends Net {}
  const [root, sub] = [new Net(), new Sub()];
  root.sub = sub;
  root.shared = new nn.Linear(2, 2);
  root.list = new nn.ModuleList([new nn.Linear(2, 2)]);
  sub.refs = [root.shared, (root.list as nn.ModuleList).at(0)];
  sub.parameters();
  expect(await warnedOf()).toEqual([]);
  root.parameters();
  expect(await warnedOf()).toEqual([]);
});

it('warns of what came into an array, a Map or a Set after the first walk', async () => {
  class Late extends Net {
    readonly list: nn.Module[] = [];
    readonly map = new Map<string, nn.Module>();
    readonly set = new Set<nn.Module>();
  }
  const late = new Late();
  late.parameters();
  expect(await warnedOf()).toEqual([]);
  late.list.push(new nn.Linear(2, 2));
  late.map.set('a', new nn.Linear(2, 2));
  late.set.add(new nn.Linear(2, 2));
  late.parameters();
  expect(await warnedOf()).toEqual(['Late.list', 'Late.map', 'Late.set']);
});

it('warns of cells in a Map and a Set, though each has walked itself, and survives a module half made', async () => {
  class Refusing extends Net {
    constructor() {
      super();
      throw new Error('refused');
    }
  }
  class Half extends Refusing {
    readonly parts = new Map<string, nn.Module>();
    protected override members(): Iterable<readonly [string, unknown]> {
      return [...this.parts];
    }
  }
  expect(() => new Half()).toThrow('refused');
  class Cells extends Net {
    readonly byName = new Map([['a', new nn.GRUCell(2, 2)]]);
    readonly all = new Set([new nn.GRUCell(2, 2)]);
  }
  new Cells().parameters();
  expect(await warnedOf()).toEqual(['Cells.byName', 'Cells.all']);
  expect(found[0]?.message).toContain('in a Map, which are not registered');
  expect(found[0]?.message).toContain('use ModuleDict or ParameterDict');
  expect(found[1]?.message).toContain('in a Set, which are not registered');
  expect(found[1]?.message).toContain('use ModuleList or ParameterList');
});
