/** Steps scaled by the gradients seen so far: Adagrad, Adadelta, RMSprop. */
import { type AlgorithmInfo, numberOf, type Settings, signOf, zeroSlots } from './algorithm.ts';
import { commonDefaults, commonRules, flag, notNegative, unitInterval } from './rules.ts';

/** The rate of a step of Adagrad. */
export const adagradRate = (settings: Settings, step: number) =>
  numberOf(settings, 'lr') / (1 + (step - 1) * numberOf(settings, 'lr_decay'));

/**
 * Adagrad (Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011;
 * torch.optim.Adagrad):
 *
 * g ← ∇ + weight_decay·θ;  s ← s + g²;  θ ← θ - lr/(1 + (t - 1)·lr_decay) · g/(√s + ε)
 */
export const adagrad: AlgorithmInfo = {
  name: 'Adagrad',
  defaults: {
    lr: 1e-2,
    lr_decay: 0,
    weight_decay: 0,
    initial_accumulator_value: 0,
    eps: 1e-10,
    fused: null,
    ...commonDefaults,
  },
  rules: { ...commonRules, lr_decay: notNegative, initial_accumulator_value: notNegative, eps: notNegative },
  sparse: 'densified',
  eager: true,
  slots: (settings) => ({ sum: numberOf(settings, 'initial_accumulator_value') }),
  kernel: {
    name: () => 'adagrad',
    constants: (settings, { step }) => [
      signOf(settings),
      numberOf(settings, 'weight_decay'),
      adagradRate(settings, step),
      numberOf(settings, 'eps'),
    ],
  },
};

const ADADELTA = zeroSlots('square_avg', 'acc_delta');

/**
 * Adadelta (Zeiler, "ADADELTA: an adaptive learning rate method", 2012; torch.optim.Adadelta):
 *
 * g ← ∇ + weight_decay·θ;  v ← ρv + (1 - ρ)g²;  δ = √(a + ε)/√(v + ε)·g;  a ← ρa + (1 - ρ)δ²;  θ ← θ - lr·δ
 */
export const adadelta: AlgorithmInfo = {
  name: 'Adadelta',
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weight_decay: 0, capturable: false, ...commonDefaults },
  rules: { ...commonRules, rho: unitInterval, eps: notNegative },
  slots: () => ADADELTA,
  kernel: {
    name: () => 'adadelta',
    constants: (settings) => [
      signOf(settings),
      numberOf(settings, 'weight_decay'),
      numberOf(settings, 'lr'),
      numberOf(settings, 'rho'),
      1 - numberOf(settings, 'rho'),
      numberOf(settings, 'eps'),
    ],
  },
};

/**
 * RMSprop (Tieleman & Hinton, Coursera lecture 6.5, 2012; centered: Graves, "Generating sequences with recurrent neural
 * networks", 2013; torch.optim.RMSprop):
 *
 * g ← ∇ + weight_decay·θ;  v ← αv + (1 - α)g²;  d = √v + ε, or if centered a ← αa + (1 - α)g and d = √(v - a²) + ε;
 * θ ← θ - lr·g/d, or with momentum b ← momentum·b + g/d and θ ← θ - lr·b
 */
export const rmsprop: AlgorithmInfo = {
  name: 'RMSprop',
  defaults: {
    lr: 1e-2,
    momentum: 0,
    alpha: 0.99,
    eps: 1e-8,
    centered: false,
    weight_decay: 0,
    capturable: false,
    ...commonDefaults,
  },
  rules: { ...commonRules, momentum: notNegative, alpha: notNegative, eps: notNegative, centered: flag },
  slots: (settings) =>
    zeroSlots(
      'square_avg',
      ...(settings.momentum === 0 ? [] : ['momentum_buffer']),
      ...(settings.centered ? ['grad_avg'] : []),
    ),
  mayHold: ['momentum_buffer', 'grad_avg'],
  kernel: {
    name: (settings) => `rmsprop${settings.momentum === 0 ? '' : '_momentum'}${settings.centered ? '_centered' : ''}`,
    constants: (settings) => [
      signOf(settings),
      numberOf(settings, 'weight_decay'),
      numberOf(settings, 'lr'),
      numberOf(settings, 'alpha'),
      1 - numberOf(settings, 'alpha'),
      numberOf(settings, 'momentum'),
      numberOf(settings, 'eps'),
    ],
  },
};
