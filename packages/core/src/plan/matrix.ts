/** `matrix_algorithm`: which parameters are matrices of hidden layers, and why others are left to the optimizer. */
import type { MatrixAlgorithmConfig } from '../config/paramwise-config.ts';
import type { ModuleView } from '../model/model.ts';
import { findMatrixPlaces, isInHead, type MatrixPlaces } from './matrix-places.ts';
import type { ParamFacts } from './rules.ts';

/** Another algorithm for the matrices of hidden layers. */
export interface MatrixAlgorithm {
  readonly type: string;
  /** In place of the optimizer's. */
  readonly lr: number | undefined;
  readonly weightDecay: number | undefined;
  /** Whether it goes by the types of modules; by names alone where the model shows none. */
  readonly typesAreShown: boolean;
  /** Parts of paths that the config gives; `undefined` where it gives none. */
  readonly exclude: readonly string[] | undefined;
  /** Arguments of the algorithm, copied into each group. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What all that is left out is stepped by. */
  readonly optimizer: string;
  /** Why it is for the parameters that it is for, to follow "it is". */
  readonly is: string;
  readonly applies: (facts: ParamFacts) => boolean;
  /** Why a matrix is left to the optimizer; `undefined` for one that is not, and for what is no matrix. */
  readonly leaves: (facts: ParamFacts) => LeftMatrix | undefined;
  /** The same for one model, by the types and places of its modules. */
  readonly forModel: (root: ModuleView) => MatrixAlgorithm;
}

/** Why a matrix is left to the optimizer. */
interface LeftMatrix {
  /** What it is, in brackets after its path. */
  readonly what: string;
  /** To follow "it is". */
  readonly is: string;
  /** Whether the config's own `exclude` says so. */
  readonly isAsked: boolean;
}

/** Embeddings, tokens and classifiers, by the names they usually have, where types do not tell. */
const NOT_HIDDEN: readonly string[] = ['embed', 'token', 'head', 'classifier'];

const UNKNOWN_PLACES: MatrixPlaces = { typesAreShown: false, embeddings: new Map(), output: new Set(), hasHead: false };

/** @param optimizer type of the optimizer. */
export function matrixAlgorithm(
  config: MatrixAlgorithmConfig,
  optimizer: string,
  places: MatrixPlaces = UNKNOWN_PLACES,
): MatrixAlgorithm {
  const { type, lr, weight_decay, exclude: given, ...settings } = config;
  const exclude = given ?? undefined;
  const leaves = (facts: ParamFacts) =>
    isMatrix(facts.param.shape)
      ? (leftByConfig(facts, exclude) ??
        leftAsEmbedding(facts, places) ??
        (exclude ? undefined : leftByName(facts, places)) ??
        leftAsOutput(facts, places, exclude === undefined))
      : undefined;
  return {
    type,
    lr: lr ?? undefined,
    weightDecay: weight_decay ?? undefined,
    typesAreShown: places.typesAreShown,
    exclude,
    settings,
    optimizer,
    is: whatItIs(places.typesAreShown, exclude !== undefined),
    applies: (facts) => isMatrix(facts.param.shape) && leaves(facts) === undefined,
    leaves,
    forModel: (root) => matrixAlgorithm(config, optimizer, findMatrixPlaces(root)),
  };
}

function whatItIs(typesAreShown: boolean, excludeIsGiven: boolean): string {
  const byName = 'none of exclude is in its path';
  if (!typesAreShown) return `a matrix, and ${byName}`;
  return `a matrix, neither of an embedding nor of the output layer${excludeIsGiven ? `, and ${byName}` : ''}`;
}

/** More than one row and more than one column, where a kernel counts as a matrix of (outputs, all the rest). */
function isMatrix([rows = 1, ...rest]: readonly number[]): boolean {
  return rows > 1 && rest.some((size) => size > 1);
}

const isIn = (text: string) => (part: string) => text.includes(part);

function leftByConfig({ searched }: ParamFacts, exclude: readonly string[] | undefined): LeftMatrix | undefined {
  const part = exclude?.find(isIn(searched));
  return part === undefined ? undefined : { what: 'excluded', is: `excluded by "${part}"`, isAsked: true };
}

const left = (what: string, is: string): LeftMatrix => ({ what, is, isAsked: false });

function leftAsEmbedding({ param, kind }: ParamFacts, { embeddings }: MatrixPlaces): LeftMatrix | undefined {
  if (kind.type === 'embedding') return left('an embedding', 'a weight of an embedding');
  const tied = embeddings.get(param);
  return tied === undefined ? undefined : left(`tied to ${tied}`, `tied to ${tied}, an embedding`);
}

/** @param isByName whether a head that is known by its name is left out already. */
function leftAsOutput(
  { param }: ParamFacts,
  { output, hasHead }: MatrixPlaces,
  isByName: boolean,
): LeftMatrix | undefined {
  if ((hasHead && isByName) || !output.has(param)) return undefined;
  return left('the last Linear', 'of the last Linear, taken for the output layer');
}

function leftByName(
  { searched, name, prefix, kind }: ParamFacts,
  { typesAreShown }: MatrixPlaces,
): LeftMatrix | undefined {
  if (typesAreShown && (kind.type === 'linear' || kind.type === 'conv2d')) {
    return isInHead(prefix) ? left('in a head, by its name', 'in a head, by its name') : undefined;
  }
  // No type tells what a tensor is that a module holds beside its layers: `positional_embedding` of CLIP, say.
  if (typesAreShown && kind.type !== 'other') return undefined;
  const part = NOT_HIDDEN.find(isIn(typesAreShown ? name : searched));
  if (part === undefined) return undefined;
  return left(`named "${part}"`, `of no hidden layer by its name, with "${part}" in it`);
}
