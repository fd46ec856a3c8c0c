/** What is odd about `matrix_algorithm` in a plan, and which matrices it is not for. */
import { listSome } from '../text.ts';
import type { MatrixAlgorithm } from './matrix.ts';
import type { PlanningRecord } from './planning-record.ts';
import type { Policy } from './policy.ts';

export function matrixWarnings({ matrix }: Policy, record: PlanningRecord): string[] {
  const { trained } = record;
  if (matrix === undefined || trained.length === 0) return [];
  return [
    ...leftWarnings(matrix, record),
    ...guessWarnings(matrix, record),
    ...(isUsed(matrix, record) ? [] : [IDLE]),
    ...(matrix.exclude ?? [])
      .filter((part) => !trained.some(({ searched }) => searched.includes(part)))
      .map((part) => `matrix_algorithm.exclude: ${JSON.stringify(part)} matches no parameter`),
  ];
}

const IDLE =
  'matrix_algorithm is for no parameter: none is a matrix outside exclude, or custom keys set another algorithm';

const isUsed = (matrix: MatrixAlgorithm, { decisions }: PlanningRecord): boolean =>
  [...decisions].some((decision) => decision.matrix === matrix);

/** A file of weights does not say which of them are embeddings, and a real model may so be planned otherwise. */
function guessWarnings(matrix: MatrixAlgorithm, record: PlanningRecord): string[] {
  if (matrix.typesAreShown || matrix.exclude !== undefined || !isUsed(matrix, record)) return [];
  const count = record.trained.filter(matrix.applies).length;
  return [
    `no types of modules are known here, so matrix_algorithm goes by names and shapes: an embedding or an output layer of another name (wte, fc, score) would be among its ${count} parameters; name those in exclude`,
  ];
}

/** Those that the config does not itself exclude, nor gives another algorithm. */
function leftWarnings(matrix: MatrixAlgorithm, { trained, groups }: PlanningRecord): string[] {
  const algorithms = new Map(groups.map(({ path, options }) => [path, options.algorithm]));
  const left = trained.flatMap((facts) => {
    const why = matrix.leaves(facts);
    if (why === undefined || why.isAsked || algorithms.get(facts.path) !== undefined) return [];
    return [`${facts.path} (${facts.param.shape.join('×')}, ${why.what})`];
  });
  return left.length === 0 ? [] : [`matrix_algorithm leaves ${listSome(left)} to ${matrix.optimizer}`];
}
