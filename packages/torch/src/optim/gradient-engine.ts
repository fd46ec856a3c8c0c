/** What libtorch does for one step of a wrapper. */
import { AS_IT_IS, type AskReading, type GradientEngine, type GradientReading } from '@paramwise/core/internal';
import { clipGradValue, gradNorm, gradsFinite, scaleGrads } from '../gradients.ts';
import type { Tensor } from '../tensor.ts';
import { firstNonFinite } from './grad-report.ts';
import type { SteppingOptimizer } from './stepping-optimizer.ts';

export class LibtorchEngine implements GradientEngine<Tensor> {
  readonly norm = gradNorm;
  readonly finite = gradsFinite;
  /** Whether gradients are to be found un-scaled and clipped after the step. */
  writes = false;
  readonly #optimizer: SteppingOptimizer;
  #closure: (() => unknown) | undefined;

  constructor(optimizer: SteppingOptimizer) {
    this.#optimizer = optimizer;
  }

  /** The same with what makes the gradients anew; an optimizer with a way of its own may call it several times. */
  withClosure(closure: () => unknown): LibtorchEngine {
    const engine = new LibtorchEngine(this.#optimizer);
    engine.writes = this.writes;
    engine.#closure = closure;
    return engine;
  }

  step(ask: AskReading<Tensor>): 'raw' | 'written' {
    if (!this.#optimizer.readsGradients) return this.#stepOfItsOwn(ask);
    if (!this.writes) {
      this.#optimizer.step(this.#closure, ask);
      return 'raw';
    }
    this.#optimizer.step(this.#closure, (params) => writeBack(params, ask(params)));
    return 'written';
  }

  /** An optimizer that reads gradients in its own way finds them as any PyTorch optimizer does: already clipped. */
  #stepOfItsOwn(ask: AskReading<Tensor>): 'raw' | 'written' {
    const read = () => {
      const params = this.#optimizer.activeParams();
      return writeBack(params, ask(params));
    };
    const closure = this.#closure;
    let evaluations = 0;
    if (closure) this.#optimizer.step(() => readAfter(closure, () => inMidStep(read, evaluations++ > 0)));
    else {
      if (read() === null) return 'raw';
      this.#optimizer.step();
    }
    return 'written';
  }

  clear(setToNone: boolean): void {
    this.#optimizer.zeroGrad(setToNone);
  }

  firstNonFinite(): string | undefined {
    return firstNonFinite(this.#optimizer.paramGroups, this.#optimizer.activeParams());
  }
}

const UNCHANGED = 'no parameter was changed';

/** Where it refuses after the first evaluation of a closure, parameters may have moved. */
function inMidStep<T>(read: () => T, isLater: boolean): T {
  try {
    return read();
  } catch (error) {
    if (!isLater || !(error instanceof Error)) throw error;
    const said = error.message.replace(UNCHANGED, 'parameters may have moved');
    const message = said === error.message ? `${said}; parameters may have moved` : said;
    throw new Error(message, { cause: error });
  }
}

/** Runs a closure that may be one of several in a step, of which none can be left out. */
function readAfter<T>(closure: () => T, read: () => GradientReading | null): T {
  const loss = closure();
  if (read() === null)
    throw new Error(
      "the gradients of a closure are not finite, and a step that calls its closure several times cannot be skipped (on_non_finite: 'skip'); parameters may have moved",
    );
  return loss;
}

/** Does to the gradients what a step would do as it reads them. */
function writeBack(params: readonly Tensor[], reading: GradientReading | null): GradientReading | null {
  if (reading === null) return null;
  if (reading.factor !== 1) scaleGrads(params, reading.factor);
  if (reading.limit !== Number.POSITIVE_INFINITY) clipGradValue(params, reading.limit);
  return AS_IT_IS;
}
