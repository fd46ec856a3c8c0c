/** What an `OptimWrapperDict` leaves to its members says so. */
import { expect, it } from 'vitest';
import { nn, OptimWrapper, OptimWrapperDict, optim } from '../src/index.ts';

it('backward and updateParams of an OptimWrapperDict name a member', () => {
  const { weight } = new nn.Linear(1, 1);
  const wrapper = new OptimWrapper({ optimizer: new optim.SGD([weight], { lr: 0.1 }) });
  const dict = new OptimWrapperDict({ generator: wrapper });
  const says = (method: string) =>
    `OptimWrapperDict.${method}: call it on a member, such as get('generator').${method}(loss)`;
  expect(() => dict.backward()).toThrow(says('backward'));
  expect(() => dict.updateParams()).toThrow(says('updateParams'));
});
