/** A step length along a direction that satisfies the strong Wolfe conditions. */
import type { Tensor } from '../tensor.ts';

/** The function along the direction at step length t. */
export interface Point {
  t: number;
  loss: number;
  gradient: Tensor;
  /** Derivative along the direction. */
  slope: number;
}

/** Sufficient decrease and curvature. */
const [C1, C2] = [1e-4, 0.9];
const MAX_EVALUATIONS = 25;

const descends = (start: Point, { t, loss }: Point) => loss <= start.loss + C1 * t * start.slope;
const isFlat = (start: Point, { slope }: Point) => Math.abs(slope) <= -C2 * start.slope;

/** Where the cubic through two points with their slopes is smallest (Nocedal & Wright, equation 3.59), within bounds. */
function cubicMinimum(a: Point, b: Point, [least, most]: readonly [number, number]): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, least), most);
}

const span = (a: Point, b: Point) => [Math.min(a.t, b.t), Math.max(a.t, b.t)] as const;

/** Either the point that was looked for, or two that enclose it, the lower first; and what it cost. */
type Bracket = { evaluations: number; found?: Point; enclosing: [low: Point, high: Point] };

const ordered = (a: Point, b: Point): [Point, Point] => (a.loss <= b.loss ? [a, b] : [b, a]);

/** Walks outwards until a minimum is enclosed. */
function bracket(evaluate: (t: number) => Point, start: Point, first: number): Bracket {
  let previous = start;
  let point = evaluate(first);
  let evaluations = 1;
  for (let round = 0; round < MAX_EVALUATIONS; round++) {
    const rises = !descends(start, point) || (round > 1 && point.loss >= previous.loss);
    if (!rises && isFlat(start, point)) return { evaluations, found: point, enclosing: [point, point] };
    if (rises || point.slope >= 0) return { evaluations, enclosing: ordered(previous, point) };
    const t = cubicMinimum(previous, point, [point.t + 0.01 * (point.t - previous.t), point.t * 10]);
    previous = point;
    point = evaluate(t);
    evaluations++;
  }
  return { evaluations, enclosing: ordered(start, point) };
}

/**
 * Searches from t = 0 (`start`) with the first trial `first`: brackets a minimum, then narrows it down (Nocedal &
 * Wright, "Numerical optimization", 2006, algorithms 3.5 and 3.6; torch.optim.LBFGS).
 *
 * @param length largest component of the direction: a bracket that moves no component by `toleranceChange` ends it
 */
export function strongWolfe(
  evaluate: (t: number) => Point,
  start: Point,
  first: number,
  { length, toleranceChange }: { length: number; toleranceChange: number },
): { point: Point; evaluations: number } {
  const bracketed = bracket(evaluate, start, first);
  let { evaluations } = bracketed;
  if (bracketed.found) return { point: bracketed.found, evaluations };
  let [low, high] = bracketed.enclosing;
  let stalled = false;
  // The first evaluation is not a round of the search.
  while (evaluations - 1 < MAX_EVALUATIONS) {
    if (Math.abs(high.t - low.t) * length < toleranceChange) break;
    const trial = nextTrial(low, high, stalled);
    stalled = trial.stalled;
    const point = evaluate(trial.t);
    evaluations++;
    if (!descends(start, point) || point.loss >= low.loss) {
      [low, high] = ordered(low, point);
      continue;
    }
    if (isFlat(start, point)) return { point, evaluations };
    if (point.slope * (high.t - low.t) >= 0) high = low;
    low = point;
  }
  return { point: low, evaluations };
}

/** The cubic's minimum, moved inwards where it keeps falling next to an end of the bracket. */
function nextTrial(low: Point, high: Point, stalled: boolean): { t: number; stalled: boolean } {
  const [least, most] = span(low, high);
  const t = cubicMinimum(low, high, [least, most]);
  const margin = 0.1 * (most - least);
  if (Math.min(most - t, t - least) >= margin) return { t, stalled: false };
  if (!stalled && t < most && t > least) return { t, stalled: true };
  return { t: most - t < t - least ? most - margin : least + margin, stalled: false };
}
