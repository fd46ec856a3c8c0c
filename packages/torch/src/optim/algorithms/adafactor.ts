/** Adam's second moment in the memory of one row and one column. */
import type { Tensor } from '../../tensor.ts';
import { anyNumber, commonDefaults, commonRules, notNegative, positive, type Rule } from '../rules.ts';
import { type Algorithm, gradientOf, numberOf, type Settings, type Slot, type Update } from './algorithm.ts';

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

const SPACING: Readonly<Record<string, number>> = {
  float64: 2 ** -52,
  float32: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

const rms = (values: Tensor) => Number(values.norm().item()) / Math.sqrt(values.numel);

/** The estimate of g²: of a matrix (the last two dimensions) the outer product of its row and column means. */
function secondMoment(grad: Tensor, { slots }: Update, weight: number, eps: number): Tensor {
  const { row_var: rows, col_var: columns, variance } = slots;
  const squares = grad.square();
  if (!rows || !columns) return variance!.lerp_(squares, weight).clone();
  rows.lerp_(squares.mean([-1], true), weight);
  columns.lerp_(squares.mean([-2], true), weight);
  return rows.matmul(columns).div_(rows.mean([-2], true).clampMin(eps));
}

/** Rate and decay of a step: lr limits the relative step 1/√t. */
function ratesAt(settings: Settings, step: number): { rate: number; weight: number; keep: number } {
  const lr = numberOf(settings, 'lr');
  return {
    rate: Math.min(lr, 1 / Math.sqrt(step)),
    weight: step ** numberOf(settings, 'beta2_decay'),
    keep: 1 - lr * numberOf(settings, 'weight_decay'),
  };
}

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
export const adafactor: Algorithm = {
  name: 'Adafactor',
  defaults: { lr: 1e-2, beta2_decay: -0.8, eps: [null, 1e-3], d: 1, weight_decay: 0, ...commonDefaults },
  rules: { ...commonRules, beta2_decay: negative, eps: epsilons, d: positive },
  slots(_settings, param): Record<string, Slot> {
    const { shape } = param;
    if (shape.length < 2) return { variance: 0 };
    return { row_var: [...shape.slice(0, -1), 1], col_var: [...shape.slice(0, -2), 1, ...shape.slice(-1)] };
  },
  reference(settings, update) {
    const { param, step } = update;
    const [eps1, eps2] = settings.eps as [number | null, number];
    const least = eps1 ?? SPACING[param.dtype] ?? 0;
    const { rate, weight, keep } = ratesAt(settings, step);
    const g = gradientOf(settings, update, 0);
    const size = Math.max(eps2, rms(param)) * rate;
    if (keep !== 1) param.mul_(keep);
    const direction = secondMoment(g, update, weight, least)
      .clamp_(least * least)
      .rsqrt_()
      .mul_(g);
    param.add_(direction, { alpha: -size / Math.max(1, rms(direction) / numberOf(settings, 'd')) });
  },
};
