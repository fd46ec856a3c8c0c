/** The optimizers by name: classes as in `torch.optim`, made from the records of the algorithms. */

import { adafactor } from './adafactor.ts';
import { adadelta, adagrad, rmsprop } from './adagrad.ts';
import { adam, adamW } from './adam.ts';
import { adamax } from './adamax.ts';
import type { Algorithm, Settings } from './algorithm.ts';
import { addAlgorithm } from './algorithms.ts';
import { asgd } from './asgd.ts';
import type { ParamsInput } from './groups.ts';
import { lamb, lars } from './layerwise.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import { nadam } from './nadam.ts';
import { Optimizer } from './optimizer.ts';
import type { StepPath } from './paths.ts';
import { radam } from './radam.ts';
import { rprop } from './rprop.ts';
import { sgd } from './sgd.ts';
import { sparseAdam } from './sparse-adam.ts';

/**
 * A constructor `new SGD(params, {lr, momentum, …}, {path})`; options are spelled as in PyTorch and in configs. All
 * throw ConfigError for an unknown option and for a value out of range. Options that say how PyTorch computes
 * (`foreach`, `fused`, `capturable`) are accepted and change nothing; `maximize` climbs instead of descending.
 */
export type OptimizerClass = new (params: ParamsInput, options?: Settings, how?: { path?: StepPath }) => Optimizer;

/** The class of an algorithm, named like it. Groups of other optimizers can then name it in `algorithm`. */
export function defineOptimizer(algorithm: Algorithm): OptimizerClass {
  addAlgorithm(algorithm);
  return makeClass(algorithm);
}

function makeClass(algorithm: Algorithm): OptimizerClass {
  const made = class extends Optimizer {
    constructor(params: ParamsInput, options: Settings = {}, how: { path?: StepPath } = {}) {
      super(algorithm, params, options, how);
    }
  };
  Object.defineProperty(made, 'name', { value: algorithm.name });
  return made;
}

/**
 * Stochastic gradient descent, with momentum if wanted (torch.optim.SGD).
 *
 * `lr` 1e-3 (≥ 0) · `momentum` 0 (≥ 0) · `dampening` 0 · `weight_decay` 0 (≥ 0; L2) · `nesterov` false (needs momentum
 * and no dampening) · `maximize` false. Takes sparse gradients.
 */
export const SGD = makeClass(sgd);

/**
 * Adam (Kingma & Ba, 2015; torch.optim.Adam).
 *
 * `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0; L2) · `amsgrad`
 * false · `decoupled_weight_decay` false (true: AdamW) · `maximize` false
 */
export const Adam = makeClass(adam);

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, 2019; torch.optim.AdamW).
 *
 * `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0.01 (≥ 0) · `amsgrad`
 * false · `maximize` false
 */
export const AdamW = makeClass(adamW);

/**
 * Adam with the infinity norm (Kingma & Ba, 2015; torch.optim.Adamax).
 *
 * `lr` 2e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0; L2) · `maximize`
 * false
 */
export const Adamax = makeClass(adamax);

/**
 * Adam with Nesterov momentum (Dozat, 2016; torch.optim.NAdam).
 *
 * `lr` 2e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0) ·
 * `momentum_decay` 4e-3 (≥ 0) · `decoupled_weight_decay` false · `maximize` false
 */
export const NAdam = makeClass(nadam);

/**
 * Adam with rectified variance (Liu et al., 2020; torch.optim.RAdam).
 *
 * `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0) ·
 * `decoupled_weight_decay` false · `maximize` false
 */
export const RAdam = makeClass(radam);

/**
 * Steps scaled by the sum of all squared gradients (Duchi, Hazan & Singer, 2011; torch.optim.Adagrad).
 *
 * `lr` 1e-2 (≥ 0) · `lr_decay` 0 (≥ 0) · `weight_decay` 0 (≥ 0; L2) · `initial_accumulator_value` 0 (≥ 0) · `eps` 1e-10
 * (≥ 0) · `maximize` false. Takes sparse gradients.
 */
export const Adagrad = makeClass(adagrad);

/**
 * Steps that find their own scale (Zeiler, 2012; torch.optim.Adadelta).
 *
 * `lr` 1 (≥ 0) · `rho` 0.9 (in [0, 1]) · `eps` 1e-6 (≥ 0) · `weight_decay` 0 (≥ 0; L2) · `maximize` false
 */
export const Adadelta = makeClass(adadelta);

/**
 * Steps scaled by a running average of squared gradients (Tieleman & Hinton, 2012; torch.optim.RMSprop).
 *
 * `lr` 1e-2 (≥ 0) · `momentum` 0 (≥ 0) · `alpha` 0.99 (≥ 0) · `eps` 1e-8 (≥ 0) · `centered` false · `weight_decay` 0
 * (≥ 0; L2) · `maximize` false
 */
export const RMSprop = makeClass(rmsprop);

/**
 * Resilient propagation, for full batches (Riedmiller & Braun, 1993; torch.optim.Rprop).
 *
 * `lr` 1e-2 (≥ 0; the first step size) · `etas` [0.5, 1.2] (in (0, 1) and above 1) · `step_sizes` [1e-6, 50] ·
 * `maximize` false
 */
export const Rprop = makeClass(rprop);

/**
 * Averaged gradient descent (Polyak & Juditsky, 1992; torch.optim.ASGD); the average is the state `ax`.
 *
 * `lr` 1e-2 (≥ 0) · `lambd` 1e-4 (≥ 0) · `alpha` 0.75 · `t0` 1e6 · `weight_decay` 0 (≥ 0; L2) · `maximize` false
 */
export const ASGD = makeClass(asgd);

/**
 * Adam for the rows that a batch touched (torch.optim.SparseAdam). Takes sparse gradients only, as an embedding with
 * `sparse: true` gives; a dense one is an Error.
 *
 * `lr` 1e-3 (> 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (> 0) · `maximize` false
 */
export const SparseAdam = makeClass(sparseAdam);

/**
 * Steps of one size by the sign of the momentum (Chen et al., 2023). Take a rate three to ten times below AdamW's, and
 * a decay as many times above.
 *
 * `lr` 1e-4 (≥ 0) · `betas` [0.9, 0.99] (each in [0, 1)) · `weight_decay` 0 (≥ 0; decoupled) · `maximize` false
 */
export const Lion = makeClass(lion);

/**
 * Adam's scaling with one row and one column of state a matrix (Shazeer & Stern, 2018; torch.optim.Adafactor).
 *
 * `lr` 1e-2 (≥ 0; limits the relative step) · `beta2_decay` -0.8 (≤ 0) · `eps` [null, 1e-3] (≥ 0; null: the dtype's
 * spacing) · `d` 1 (> 0; clips the update) · `weight_decay` 0 (≥ 0; decoupled) · `maximize` false
 */
export const Adafactor = makeClass(adafactor);

/**
 * Adam with a rate a layer, for large batches (You et al., 2020).
 *
 * `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-6 (≥ 0) · `weight_decay` 0.01 (≥ 0; 0: the layer
 * is not scaled) · `bias_correction` true · `trust_clip` false · `always_adapt` false · `maximize` false
 */
export const LAMB = makeClass(lamb);

/**
 * Gradient descent with a rate a layer, for large batches (You, Gitman & Ginsburg, 2017).
 *
 * `lr` 1e-3 (≥ 0) · `momentum` 0 (≥ 0) · `dampening` 0 · `weight_decay` 0 (≥ 0; L2) · `eta` 1e-3 (≥ 0) · `nesterov`
 * false (needs momentum and no dampening) · `eps` 1e-8 (≥ 0) · `lars_exclude` false · `maximize` false
 */
export const LARS = makeClass(lars);

/**
 * Orthogonalised momentum, for the matrices of hidden layers (Jordan et al., 2024; torch.optim.Muon). A parameter of
 * fewer than two dimensions is a ConfigError that names it; give it, the embeddings and the head a group with
 * `algorithm: 'AdamW'`.
 *
 * `lr` 1e-3 (≥ 0) · `weight_decay` 0.1 (≥ 0; decoupled) · `momentum` 0.95 (in [0, 1)) · `nesterov` true ·
 * `ns_coefficients` [3.4445, -4.775, 2.0315] · `eps` 1e-7 (> 0) · `ns_steps` 5 (≥ 1) · `adjust_lr_fn` null (`original`,
 * or `match_rms_adamw` to use AdamW's rate) · `maximize` false
 */
export const Muon = makeClass(muon);

/** All but LBFGS, which is written apart. */
export const OPTIMIZER_CLASSES: readonly OptimizerClass[] = [
  SGD,
  Adam,
  AdamW,
  Adamax,
  NAdam,
  RAdam,
  Adagrad,
  Adadelta,
  RMSprop,
  Rprop,
  ASGD,
  SparseAdam,
  Lion,
  Adafactor,
  LAMB,
  LARS,
  Muon,
];
