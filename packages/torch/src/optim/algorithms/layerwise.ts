/** Rates scaled by the norm of each layer, for very large batches: LAMB and LARS. */
import type { Tensor } from '../../tensor.ts';
import { anyNumber, betas, commonDefaults, commonRules, flag, notNegative } from '../rules.ts';
import {
  type Algorithm,
  average,
  averageOfSquares,
  biasCorrection,
  gradientOf,
  numberOf,
  pairOf,
  type Settings,
  zeroSlots,
} from './algorithm.ts';

const normOf = (values: Tensor) => Number(values.norm().item());

/** ‖θ‖/‖r‖, and 1 where either is 0 or the layer is not to be scaled. */
function trustRatio(settings: Settings, param: Tensor, direction: Tensor): number {
  if (numberOf(settings, 'weight_decay') === 0 && !settings.always_adapt) return 1;
  const [size, length] = [normOf(param), normOf(direction)];
  const ratio = size > 0 && length > 0 ? size / length : 1;
  return settings.trust_clip ? Math.min(ratio, 1) : ratio;
}

/**
 * LAMB (You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020):
 *
 * m, v as Adam;  r = m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε) + weight_decay·θ;  θ ← θ - lr·‖θ‖/‖r‖·r
 *
 * As in the code that is in use (NVIDIA Apex, timm), a parameter without weight decay is not scaled (‖θ‖/‖r‖ → 1)
 * unless `always_adapt`; `trust_clip` limits the ratio to 1. Clipping the gradients is left to `clip_grad`.
 */
export const lamb: Algorithm = {
  name: 'LAMB',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-6,
    weight_decay: 1e-2,
    bias_correction: true,
    trust_clip: false,
    always_adapt: false,
    ...commonDefaults,
  },
  rules: { ...commonRules, betas, eps: notNegative, bias_correction: flag, trust_clip: flag, always_adapt: flag },
  slots: () => zeroSlots('exp_avg', 'exp_avg_sq'),
  reference(settings, update) {
    const { param, slots, step } = update;
    const [beta1, beta2] = pairOf(settings);
    const g = gradientOf(settings, update, 0);
    const m = average(slots.exp_avg!, g, beta1);
    const v = averageOfSquares(slots.exp_avg_sq!, g, beta2);
    const [c1, c2] = settings.bias_correction ? [biasCorrection(beta1, step), biasCorrection(beta2, step)] : [1, 1];
    const denominator = v.div(c2).sqrt_().add_(numberOf(settings, 'eps'));
    const direction = m
      .div(c1)
      .div_(denominator)
      .add_(param, { alpha: numberOf(settings, 'weight_decay') });
    param.add_(direction, { alpha: -numberOf(settings, 'lr') * trustRatio(settings, param, direction) });
  },
};

/** η·‖θ‖/(‖g‖ + weight_decay·‖θ‖ + ε), and 1 where a norm is 0 or the parameter is left out. */
function localRate(settings: Settings, param: Tensor, grad: Tensor): number {
  if (settings.lars_exclude) return 1;
  const [size, slope] = [normOf(param), normOf(grad)];
  if (size === 0 || slope === 0) return 1;
  return (
    (numberOf(settings, 'eta') * size) / (slope + numberOf(settings, 'weight_decay') * size + numberOf(settings, 'eps'))
  );
}

/**
 * LARS (You, Gitman & Ginsburg, "Large batch training of convolutional networks", 2017; settings as in MMPretrain):
 *
 * λ = η·‖θ‖/(‖g‖ + weight_decay·‖θ‖ + ε), and 1 for a group with `lars_exclude` (biases, norms);
 * b ← momentum·b + (1 - dampening)·lr·λ·(g + weight_decay·θ), undampened in the first step;  θ ← θ - b
 */
export const lars: Algorithm = {
  name: 'LARS',
  defaults: {
    lr: 1e-3,
    momentum: 0,
    dampening: 0,
    weight_decay: 0,
    eta: 1e-3,
    nesterov: false,
    eps: 1e-8,
    lars_exclude: false,
    ...commonDefaults,
  },
  rules: {
    ...commonRules,
    momentum: notNegative,
    dampening: anyNumber,
    eta: notNegative,
    nesterov: flag,
    eps: notNegative,
    lars_exclude: flag,
  },
  conflict: (settings) =>
    settings.nesterov && (numberOf(settings, 'momentum') <= 0 || numberOf(settings, 'dampening') !== 0)
      ? 'nesterov needs a momentum above 0 and a dampening of 0'
      : undefined,
  savesStep: false,
  slots: (settings) => zeroSlots(...(settings.momentum === 0 ? [] : ['momentum_buffer'])),
  mayHold: ['momentum_buffer'],
  reference(settings, update) {
    const { param, grad, slots, fresh } = update;
    const momentum = numberOf(settings, 'momentum');
    const rate = numberOf(settings, 'lr') * localRate(settings, param, grad);
    const step = gradientOf(settings, update).mul(rate);
    const buffer = slots.momentum_buffer;
    if (!buffer) {
      param.sub_(step);
      return;
    }
    buffer.mul_(momentum).add_(step, { alpha: fresh ? 1 : 1 - numberOf(settings, 'dampening') });
    param.sub_(settings.nesterov ? step.add(buffer, { alpha: momentum }) : buffer);
  },
};
