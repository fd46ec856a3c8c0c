/** What a user registers in the place of one of the engine's is what is planned and what is built, whichever registry it is. */
import { afterEach, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  nn,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  OptimWrapper,
  optim,
  type ParamGroup,
  planParamGroups,
  type Registry,
  type TypedConfig,
  torchRegistries,
} from '../src/index.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const restore of undo.splice(0)) restore();
});

function replace<T, C extends TypedConfig>(registry: Registry<T, C>, name: string, make: (config: C) => T): void {
  const before = registry.get(name)!;
  undo.push(() => registry.register(name, before, { force: true }));
  registry.register(name, make, { force: true });
}

class Mine extends optim.SGD {}
const mine = ({ params, lr }: { params: ParamGroup[]; lr?: unknown }) =>
  new Mine(params as never, { lr: lr as number });
const build = (type: string, more: object = {}) =>
  buildOptimWrapper(new nn.Linear(2, 2), { optimizer: { type, lr: 0.1, ...more } });

it('an optimizer in the public registry', () => {
  replace(OPTIMIZERS, 'SGD', mine);
  expect(build('SGD').optimizer).toBeInstanceOf(Mine);
  expect(build('torch.SGD').optimizer).not.toBeInstanceOf(Mine);
});

it('a wrapper in the public registry', () => {
  class MyWrapper extends OptimWrapper {}
  replace(
    OPTIM_WRAPPERS,
    'OptimWrapper',
    ({ optimizer }) => new MyWrapper({ optimizer: optimizer as optim.Optimizer }),
  );
  expect(build('SGD')).toBeInstanceOf(MyWrapper);
});

it('an optimizer in the registry of the engine, whose settings planning then leaves alone too', () => {
  replace(torchRegistries.optimizers, 'RAdam', mine);
  expect(build('RAdam', { sharpness: 2 }).optimizer).toBeInstanceOf(Mine);
  const config = { optimizer: { type: 'RAdam', lr: 0.1, sharpness: 2 } };
  expect(planParamGroups(new nn.Linear(2, 2), config).groups).toHaveLength(2);
});

it('without any, the engine’s own', () => {
  expect(build('SGD').optimizer).toBeInstanceOf(optim.SGD);
  expect(build('SGD').optimizer).not.toBeInstanceOf(Mine);
});
