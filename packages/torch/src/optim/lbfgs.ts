/** A quasi-Newton method for full batches, which steps all parameters together. */
import { ConfigError } from '@paramwise/core';
import { numberOf } from '@paramwise/core/internal';
import { enableGrad, noGrad } from '../autograd.ts';
import { cat, zeros } from '../creation.ts';
import { keep, tidy } from '../handle.ts';
import { Tensor } from '../tensor.ts';
import { type Settings, withReference } from './algorithms/algorithm.ts';
import type { ParamsInput } from './groups.ts';
import { type Point, strongWolfe } from './line-search.ts';
import { Optimizer } from './optimizer.ts';
import type { ParamState } from './state.ts';
import type { OptimizerStateDict } from './state-dict.ts';

/** It has no step of single parameters. */
const lbfgs = withReference('LBFGS', () => {
  throw new Error('internal: LBFGS steps all parameters together');
});

const NEEDS_CLOSURE =
  'LBFGS.step needs a closure that clears the gradients, computes the loss, calls backward and returns the loss: ' +
  'it evaluates it several times a step; give it: optimizer.step(closure), or updateParams(loss, { closure }) of a wrapper';

const numberFrom = (tensor: Tensor) => Number(tensor.item());
const largest = (values: Tensor) => (values.numel === 0 ? 0 : numberFrom(values.abs().max()));

/** Replaces a tensor of the optimizer's own and releases the old one. */
function put(slots: Record<string, Tensor>, name: string, value: Tensor): void {
  const old = slots[name];
  slots[name] = keep(value);
  if (old && old !== value) old.dispose();
}

/**
 * Limited-memory BFGS: the direction is -H·g, H the inverse Hessian as the last `history_size` changes of gradient and
 * parameters tell it. One `step` does up to `max_iter` iterations; parameters of any shape, in one group.
 *
 * Defaults: `lr` 1 (≥ 0) · `max_iter` 20 (≥ 1) · `max_eval` null (evaluations a step; null: 1.25·max_iter) · `tolerance_grad` 1e-7
 * (≥ 0) · `tolerance_change` 1e-9 (≥ 0) · `history_size` 100 (≥ 1) · `line_search_fn` null, or `strong_wolfe`.
 *
 * Source: Nocedal, "Updating quasi-Newton matrices with limited storage", 1980; torch.optim.LBFGS.
 *
 * @throws ConfigError for an unknown option, a value out of range, or more than one group.
 */
export class LBFGS extends Optimizer {
  /** @throws ConfigError as every optimizer, and for more than one group */
  constructor(params: ParamsInput, options: Settings = {}) {
    super(lbfgs, params, options);
    const { max_iter, max_eval } = this.defaults;
    if (max_eval !== null) return;
    this.defaults.max_eval = Math.floor((Number(max_iter) * 5) / 4);
    this.group.max_eval ??= Math.floor((Number(this.group.max_iter) * 5) / 4);
  }

  override addParamGroup(group: Parameters<Optimizer['addParamGroup']>[0]): void {
    const path = ['LBFGS', 'params', this.paramGroups.length];
    if (this.paramGroups.length > 0 || group.algorithm !== undefined || group.freeze_until !== undefined)
      throw new ConfigError([
        {
          code: 'invalid_value',
          path,
          found: this.paramGroups.length > 0 ? 'a second group' : 'algorithm or freeze_until in a group',
          allowed: 'one group without them: LBFGS steps all parameters together, with the same settings',
        },
      ]);
    super.addParamGroup(group);
  }

  /** It asks for gradients several times a step, and finds them clipped. */
  override get readsGradients(): boolean {
    return false;
  }

  private get group() {
    return this.paramGroups[0]!;
  }

  /**
   * Iterates towards a minimum.
   *
   * @param closure clears the gradients, computes the loss (one value), calls `backward` and returns the loss
   * @returns the loss before the step
   * @throws Error without a closure: `updateParams` of a wrapper has to be given one
   */
  override step<T>(closure?: () => T): T | undefined {
    if (!closure) throw new Error(NEEDS_CLOSURE);
    const loss = tidy(() => enableGrad(closure));
    const evaluate = () => tidy(() => lossOf(enableGrad(closure)));
    noGrad(() => new Iterations(this.group.params, this.group, this.sharedState(), evaluate).run(lossOf(loss)));
    this.stepCount++;
    return loss;
  }

  /** Throws where `step` without a closure would: always. */
  override checkStep(): never {
    throw new Error(NEEDS_CLOSURE);
  }

  /** PyTorch keeps it with the first parameter. */
  private sharedState(): ParamState {
    const first = this.group.params[0]!;
    const state = this.state.get(first) ?? { step: 0, slots: {}, scalars: { func_evals: 0, n_iter: 0 } };
    this.state.set(first, state);
    return state;
  }

  override stateDict(): OptimizerStateDict {
    const dict = super.stateDict();
    const lists = this.state.get(this.group.params[0]!)?.lists;
    if (lists && dict.state[0]) dict.state[0].ro = tidy(() => inverses(lists));
    return dict;
  }
}

function lossOf(loss: unknown): number {
  return loss instanceof Tensor ? numberFrom(loss) : Number(loss);
}

/** 1/(y·s) of each remembered change of gradient y and of parameters s. */
function inverses({ old_dirs = [], old_stps = [] }: Record<string, Tensor[]>): number[] {
  return old_dirs.map((y, i) => roundingOf(y)(1 / numberFrom(y.dot(old_stps[i]!))));
}

/**
 * Rounds to the dtype of the parameters. PyTorch keeps the coefficients of the direction as tensors of that dtype, and
 * near the minimum the iterates depend on how they are rounded.
 */
const roundingOf = (like: Tensor) => (like.dtype === 'float64' ? (value: number) => value : Math.fround);

/** The iterations of one step. */
class Iterations {
  private readonly slots: Record<string, Tensor>;
  private readonly scalars: Record<string, number>;
  private readonly lists: Record<string, Tensor[]>;

  private readonly params: readonly Tensor[];
  private readonly settings: Settings;
  private readonly evaluate: () => number;

  constructor(params: readonly Tensor[], settings: Settings, state: ParamState, evaluate: () => number) {
    state.lists ??= {};
    this.slots = state.slots;
    this.scalars = state.scalars;
    this.lists = state.lists;
    this.params = params;
    this.settings = settings;
    this.evaluate = evaluate;
  }

  private setting(name: string): number {
    return numberOf(this.settings, name);
  }

  run(firstLoss: number): void {
    // Held here, so that it is released whatever an evaluation throws.
    const current = { loss: firstLoss, gradient: keep(this.flatGradient()) };
    try {
      this.iterate(current);
    } finally {
      current.gradient.dispose();
    }
  }

  private iterate(current: { loss: number; gradient: Tensor }): void {
    let evaluations = 1;
    this.count('func_evals', 1);
    const isFlat = () => tidy(() => largest(current.gradient)) <= this.setting('tolerance_grad');
    let isOptimal = isFlat();
    for (let round = 1; !isOptimal && round <= this.setting('max_iter'); round++) {
      const { loss, gradient } = current;
      this.count('n_iter', 1);
      this.turn(gradient);
      this.scalars.prev_loss = loss;
      const slope = tidy(() => numberFrom(gradient.dot(this.slots.d!)));
      this.scalars.t = this.firstLength(gradient);
      if (slope > -this.setting('tolerance_change')) break;
      const moved = this.move({ t: 0, loss, gradient, slope }, round);
      if (moved.gradient !== gradient) gradient.dispose();
      Object.assign(current, { loss: moved.loss, gradient: moved.gradient });
      evaluations += moved.evaluations;
      this.count('func_evals', moved.evaluations);
      if (evaluations >= this.setting('max_eval')) break;
      isOptimal = isFlat() || this.hasStalled(moved.loss - loss);
    }
  }

  private count(name: string, more: number): void {
    this.scalars[name] = (this.scalars[name] ?? 0) + more;
  }

  private hasStalled(change: number): boolean {
    const tolerance = this.setting('tolerance_change');
    return tidy(() => largest(this.slots.d!.mul(this.scalars.t!))) <= tolerance || Math.abs(change) < tolerance;
  }

  /** Learns from the last step, then sets `d`, the direction, and `prev_flat_grad`. */
  private turn(gradient: Tensor): void {
    tidy(() => {
      if (this.scalars.n_iter === 1) {
        this.scalars.H_diag = 1;
        this.lists.old_dirs = [];
        this.lists.old_stps = [];
      } else this.remember(gradient);
      put(this.slots, 'd', this.direction(gradient));
      put(this.slots, 'prev_flat_grad', gradient.clone());
    });
  }

  private remember(gradient: Tensor): void {
    const y = gradient.sub(this.slots.prev_flat_grad!);
    const s = this.slots.d!.mul(this.scalars.t!);
    const ys = numberFrom(y.dot(s));
    // Without positive curvature the pair would spoil the Hessian.
    if (ys <= 1e-10) return;
    const { old_dirs = [], old_stps = [] } = this.lists;
    if (old_dirs.length === this.setting('history_size')) {
      old_dirs.shift()?.dispose();
      old_stps.shift()?.dispose();
    }
    old_dirs.push(keep(y));
    old_stps.push(keep(s));
    this.scalars.H_diag = roundingOf(y)(ys / numberFrom(y.dot(y)));
  }

  /** -H·g by the two loops over the history (Nocedal & Wright, algorithm 7.4). */
  private direction(gradient: Tensor): Tensor {
    const { old_dirs = [], old_stps = [] } = this.lists;
    const ro = inverses(this.lists);
    const round = roundingOf(gradient);
    const q = gradient.neg();
    const al: number[] = [];
    for (let i = old_dirs.length - 1; i >= 0; i--) {
      al[i] = round(numberFrom(old_stps[i]!.dot(q)) * ro[i]!);
      q.add_(old_dirs[i]!, { alpha: -al[i]! });
    }
    q.mul_(this.scalars.H_diag!);
    for (const [i, y] of old_dirs.entries()) {
      const be = round(numberFrom(y.dot(q)) * ro[i]!);
      q.add_(old_stps[i]!, { alpha: round(al[i]! - be) });
    }
    return q;
  }

  /** The very first step is kept short: nothing is known of the curvature. */
  private firstLength(gradient: Tensor): number {
    const lr = this.setting('lr');
    if (this.scalars.n_iter !== 1) return lr;
    const round = roundingOf(gradient);
    return round(round(Math.min(1, 1 / tidy(() => numberFrom(gradient.abs().sum())))) * lr);
  }

  /** Moves along `d`: by the rate, or as far as the line search says. */
  private move(start: Point, round: number): { loss: number; gradient: Tensor; evaluations: number } {
    if (this.settings.line_search_fn) return this.search(start);
    this.shift(this.scalars.t!);
    // The last iteration needs no gradient at where it ended.
    if (round === this.setting('max_iter')) return { loss: start.loss, gradient: start.gradient, evaluations: 0 };
    return { loss: this.evaluate(), gradient: keep(this.flatGradient()), evaluations: 1 };
  }

  private search(start: Point): { loss: number; gradient: Tensor; evaluations: number } {
    return tidy(() => {
      const d = this.slots.d!;
      const origin = this.params.map((param) => param.detach().clone());
      const at = (t: number): Point => {
        this.shift(t);
        const loss = this.evaluate();
        const gradient = this.flatGradient();
        for (const [i, param] of this.params.entries()) param.copy_(origin[i]!);
        return { t, loss, gradient, slope: numberFrom(gradient.dot(d)) };
      };
      const how = { length: largest(d), toleranceChange: this.setting('tolerance_change') };
      const { point, evaluations } = strongWolfe(at, start, this.scalars.t!, how);
      this.scalars.t = point.t;
      this.shift(point.t);
      return { loss: point.loss, gradient: keep(point.gradient), evaluations };
    });
  }

  /** θ ← θ + t·d. */
  private shift(t: number): void {
    tidy(() => {
      let offset = 0;
      for (const param of this.params) {
        const { numel, shape } = param;
        param.add_(this.slots.d!.narrow(0, offset, numel).reshape(shape), { alpha: t });
        offset += numel;
      }
    });
  }

  /** All gradients as one vector; zeros where there is none. */
  private flatGradient(): Tensor {
    return tidy(() =>
      cat(
        this.params.map(
          (param) =>
            param.grad?.detach().reshape([-1]) ?? zeros([param.numel], { dtype: param.dtype, device: param.device }),
        ),
      ),
    );
  }
}
