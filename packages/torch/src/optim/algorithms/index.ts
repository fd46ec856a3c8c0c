/** The algorithms by name: what a parameter group's `algorithm` may say. */
import { ConfigError, type ConfigPath } from '@paramwise/core';
import { describeValue } from '@paramwise/core/internal';
import { adafactor } from './adafactor.ts';
import { adadelta, adagrad, rmsprop } from './adagrad.ts';
import { adam, adamW } from './adam.ts';
import { adamax } from './adamax.ts';
import type { Algorithm } from './algorithm.ts';
import { asgd } from './asgd.ts';
import { lamb } from './lamb.ts';
import { lars } from './lars.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import { nadam } from './nadam.ts';
import { radam } from './radam.ts';
import { rprop } from './rprop.ts';
import { sgd } from './sgd.ts';
import { sparseAdam } from './sparse-adam.ts';

/** Every algorithm of core that steps parameters one by one. */
export const BUILT_IN: readonly Algorithm[] = [
  sgd,
  adam,
  adamW,
  adamax,
  nadam,
  radam,
  adagrad,
  adadelta,
  rmsprop,
  rprop,
  asgd,
  sparseAdam,
  lion,
  adafactor,
  lamb,
  lars,
  muon,
];

const builtIn: ReadonlySet<unknown> = new Set(BUILT_IN);

/** Whether it is one of these, not one of the user's. */
export const isBuiltIn = (algorithm: Algorithm): boolean => builtIn.has(algorithm);

const byName = new Map(BUILT_IN.map((algorithm) => [algorithm.name, algorithm]));

/** Makes an algorithm of the user known to groups. */
export function addAlgorithm(algorithm: Algorithm): void {
  byName.set(algorithm.name, algorithm);
}

/** @throws ConfigError for a name that no algorithm has. LBFGS has none: it steps all parameters together. */
export function findAlgorithm(name: unknown, path: ConfigPath): Algorithm {
  const found = byName.get(name as string);
  if (found) return found;
  throw new ConfigError([
    { code: 'unknown_name', path, what: 'algorithm', found: textOf(name), allowed: [...byName.keys()] },
  ]);
}

const textOf = (name: unknown) => (typeof name === 'string' ? name : describeValue(name));
