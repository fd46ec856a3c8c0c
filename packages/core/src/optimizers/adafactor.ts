/** Adam's second moment in the memory of one row and one column. */
import type { AlgorithmInfo, Slots } from './algorithm.ts';
import { anyNumber, commonDefaults, commonRules, notNegative, positive, type Rule } from './rules.ts';

const negative: Rule = {
  allowed: 'a number up to 0',
  holds: (value) => anyNumber.holds(value) && (value as number) <= 0,
};

const epsilons: Rule = {
  allowed: 'two numbers from 0 up, of which the first may be null',
  holds: (value) =>
    Array.isArray(value) &&
    value.length === 2 &&
    (value[0] === null || notNegative.holds(value[0])) &&
    notNegative.holds(value[1]),
};

/**
 * Adafactor (Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018; defaults and
 * options of torch.optim.Adafactor). RMS(x) = ‖x‖/√size, [ε₁, ε₂] = `eps`, ε₁ = null is the dtype's spacing:
 *
 * w = t^beta2_decay;  R ← (1 - w)R + w·rowmean(g²);  C ← (1 - w)C + w·colmean(g²);  V = R·C / max(mean(R), ε₁);
 * u = g/√max(V, ε₁²);  α = max(ε₂, RMS(θ))·min(lr, 1/√t);
 * θ ← θ - lr·weight_decay·θ - α·u / max(1, RMS(u)/d)
 *
 * A parameter of fewer than two dimensions keeps the whole V.
 */
export const adafactor: AlgorithmInfo = {
  name: 'Adafactor',
  defaults: { lr: 1e-2, beta2_decay: -0.8, eps: [null, 1e-3], d: 1, weight_decay: 0, ...commonDefaults },
  rules: { ...commonRules, beta2_decay: negative, eps: epsilons, d: positive },
  slots(_settings, shape): Slots {
    if (shape.length < 2) return { variance: 0 };
    return { row_var: [...shape.slice(0, -1), 1], col_var: [...shape.slice(0, -2), 1, ...shape.slice(-1)] };
  },
};
