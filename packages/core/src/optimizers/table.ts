/** The algorithms by name: what `type` of an optimizer and `algorithm` of a group may say. */

import { adafactor } from './adafactor.ts';
import { adadelta, adagrad, rmsprop } from './adagrad.ts';
import { adam, adamW } from './adam.ts';
import { adamax } from './adamax.ts';
import type { AlgorithmInfo } from './algorithm.ts';
import { asgd } from './asgd.ts';
import { lamb, lambOfMmpretrain } from './lamb.ts';
import { lars } from './lars.ts';
import { lbfgs } from './lbfgs.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import { nadam } from './nadam.ts';
import { radam } from './radam.ts';
import { rprop } from './rprop.ts';
import { sgd } from './sgd.ts';
import { sparseAdam } from './sparse-adam.ts';

/** Every algorithm that Paramwise knows; an engine may have fewer, and its users may define more. */
export const ALGORITHMS: readonly AlgorithmInfo[] = [
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
  lbfgs,
];

/** Those of other libraries, which errors do not offer. */
const SISTER_ALGORITHMS: readonly AlgorithmInfo[] = [lambOfMmpretrain];

const byName: ReadonlyMap<string, AlgorithmInfo> = new Map(
  [...ALGORITHMS, ...SISTER_ALGORITHMS].map((info) => [info.name, info]),
);

/** The algorithm of that name; undefined where there is none, as for one that a user has defined. */
export function findAlgorithmInfo(name: string): AlgorithmInfo | undefined {
  return byName.get(name);
}
