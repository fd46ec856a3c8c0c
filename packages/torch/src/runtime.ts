/** Random state and versions of the engine. */
import { decode, encode } from './codec.ts';
import { keep } from './handle.ts';
import { native } from './native.ts';
import { Tensor } from './tensor.ts';
import { results } from './wire.ts';

/** Seeds every random generator of the engine; the same seed gives the numbers that PyTorch gives. */
export function manualSeed(seed: number | bigint): void {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed))
    throw new RangeError(`a seed is a whole number, not ${seed}`);
  encode(seed, 0);
  native.manualSeed();
}

/** The state of the CPU's random generator, for `setRngState`. */
export function getRngState(): Tensor {
  return keep(new Tensor(native.getRngState()));
}

export function setRngState(state: Tensor): void {
  encode(state, 0);
  native.setRngState();
}

export interface EngineVersions {
  libtorch: string;
  /** What the linear algebra runs on, such as `OpenBLAS 0.3.21 …`. */
  blas: string;
  parallel: string;
  /** The widest vector instructions that libtorch's own kernels use. */
  cpuCapability: string;
  /** The level of instructions that the optimizer step uses: `x86-64-v4` is AVX-512, `x86-64-v3` AVX2. */
  vectorLevel: string;
  cuda: boolean;
}

export function engineVersions(): EngineVersions {
  native.versions();
  const [libtorch, blas, parallel, cpuCapability, vectorLevel, cuda] = decode(results())[0] as [
    string,
    string,
    string,
    string,
    string,
    boolean,
  ];
  return { libtorch, blas, parallel, cpuCapability, vectorLevel, cuda };
}
