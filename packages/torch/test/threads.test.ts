/** The number of threads is decided at the first use of the engine: importing the package registers names, no more. */
import { beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { native } from '../src/native.ts';

let setThreads: MockInstance;
let threads: MockInstance;

beforeEach(() => {
  vi.resetModules();
  vi.stubEnv('OMP_NUM_THREADS', undefined);
  setThreads = vi.spyOn(native, 'setThreads');
  // As in a virtual machine where libtorch counts too few.
  threads = vi.spyOn(native, 'threads').mockReturnValueOnce(0);
});

/** A fresh copy of the package, on the same addon. */
const load = () => import('../src/index.ts');

it('leaves the threads alone at import, and decides at the first tensor', async () => {
  const { tensor } = await load();
  expect(threads).not.toHaveBeenCalled();
  expect(setThreads).not.toHaveBeenCalled();
  tensor([1]);
  tensor([2]);
  expect(setThreads).toHaveBeenCalledTimes(1);
});

it('decides at the first operator', async () => {
  const { zeros } = await load();
  zeros([2]);
  expect(setThreads).toHaveBeenCalledTimes(1);
});

it('tells the number that it will use', async () => {
  const { getNumThreads } = await load();
  expect(getNumThreads()).toBeGreaterThanOrEqual(1);
  expect(setThreads).toHaveBeenCalledTimes(1);
});

it('leaves what the caller chose before, and what OMP_NUM_THREADS says', async () => {
  const { getNumThreads, setNumThreads, zeros } = await load();
  threads.mockReset();
  setNumThreads(1);
  zeros([2]).add(1);
  expect(getNumThreads()).toBe(1);
  vi.resetModules();
  vi.stubEnv('OMP_NUM_THREADS', '1');
  setThreads.mockClear();
  (await load()).zeros([2]);
  expect(setThreads).not.toHaveBeenCalled();
});
