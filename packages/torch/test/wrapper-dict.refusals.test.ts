import { expect, it } from 'vitest';
import { AmpOptimWrapper, nn, OptimWrapper, OptimWrapperDict, optim } from '../src/index.ts';

it('a dict of wrappers says whose backward to call', () => {
  const member = () => new OptimWrapper({ optimizer: new optim.SGD(new nn.Linear(2, 2).parameters()) });
  const dict = new OptimWrapperDict({ generator: member(), discriminator: member() });
  expect(() => dict.backward()).toThrow(
    "OptimWrapperDict.backward: call it on a member, such as get('generator').backward(loss)",
  );
});

it('an AmpOptimWrapper refuses a loss_scale that is none', () => {
  const optimizer = new optim.SGD(new nn.Linear(2, 2).parameters());
  expect(() => new AmpOptimWrapper({ optimizer, loss_scale: 'unknown' as never })).toThrow('found "unknown"');
});
