/** The optimizers by name: classes as in `torch.optim`, made from the records of the algorithms. */

import type { Algorithm, Settings } from './algorithms/algorithm.ts';
import { BUILT_IN } from './algorithms/index.ts';
import type { ParamsInput } from './groups.ts';
import { Optimizer } from './optimizer.ts';
import type { StepPath } from './step-path.ts';

/**
 * A constructor `new SGD(params, {lr, momentum, …}, {path})`; options are spelled as in PyTorch and in configs. All
 * throw ConfigError for an unknown option and for a value out of range. Options that say how PyTorch computes
 * (`foreach`, `fused`, `capturable`) are accepted and change nothing; `path` says how steps are computed here.
 * `maximize` climbs instead of descending.
 */
export type OptimizerClass = new (params: ParamsInput, options?: Settings, how?: { path?: StepPath }) => Optimizer;

/** The class of an algorithm, named like it. */
export function makeClass(algorithm: Algorithm): OptimizerClass {
  const made = class extends Optimizer {
    constructor(params: ParamsInput, options: Settings = {}, how: { path?: StepPath } = {}) {
      super(algorithm, params, options, how);
    }
  };
  Object.defineProperty(made, 'name', { value: algorithm.name });
  return made;
}

const classes = new Map(BUILT_IN.map((algorithm) => [algorithm.name, makeClass(algorithm)]));

/** All but LBFGS, which is written apart. */
export const OPTIMIZER_CLASSES: readonly OptimizerClass[] = [...classes.values()];

function classOf(name: string): OptimizerClass {
  const made = classes.get(name);
  if (!made) throw new Error(`internal: no algorithm is named ${name}`);
  return made;
}

/**
 * Stochastic gradient descent, with momentum if wanted.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `momentum` 0 (≥ 0) · `dampening` 0 · `weight_decay` 0 (≥ 0; L2) · `nesterov` false (needs
 * momentum and no dampening) · `maximize` false.
 *
 * Parameters of any shape; sparse gradients are taken.
 *
 * Source: Sutskever et al., 2013, for the momentum; torch.optim.SGD.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const SGD = classOf('SGD');

/**
 * Steps scaled by running averages of the gradient and of its square.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0; L2) ·
 * `amsgrad` false · `decoupled_weight_decay` false (true: AdamW) · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Kingma & Ba, 2015; torch.optim.Adam.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Adam = classOf('Adam');

/**
 * Adam with decoupled weight decay.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0.01 (≥ 0) ·
 * `amsgrad` false · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Loshchilov & Hutter, 2019; torch.optim.AdamW.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const AdamW = classOf('AdamW');

/**
 * Adam with the infinity norm.
 *
 * Defaults: `lr` 2e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0; L2) ·
 * `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Kingma & Ba, 2015; torch.optim.Adamax.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Adamax = classOf('Adamax');

/**
 * Adam with Nesterov momentum.
 *
 * Defaults: `lr` 2e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0) ·
 * `momentum_decay` 4e-3 (≥ 0) · `decoupled_weight_decay` false · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Dozat, 2016; torch.optim.NAdam.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const NAdam = classOf('NAdam');

/**
 * Adam with rectified variance.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (≥ 0) · `weight_decay` 0 (≥ 0) ·
 * `decoupled_weight_decay` false · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Liu et al., 2020; torch.optim.RAdam.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const RAdam = classOf('RAdam');

/**
 * Steps scaled by the sum of all squared gradients.
 *
 * Defaults: `lr` 1e-2 (≥ 0) · `lr_decay` 0 (≥ 0) · `weight_decay` 0 (≥ 0; L2) · `initial_accumulator_value` 0 (≥ 0) ·
 * `eps` 1e-10 (≥ 0) · `maximize` false.
 *
 * Parameters of any shape; sparse gradients are taken.
 *
 * Source: Duchi, Hazan & Singer, 2011; torch.optim.Adagrad.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Adagrad = classOf('Adagrad');

/**
 * Steps that find their own scale.
 *
 * Defaults: `lr` 1 (≥ 0) · `rho` 0.9 (in [0, 1]) · `eps` 1e-6 (≥ 0) · `weight_decay` 0 (≥ 0; L2) · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Zeiler, 2012; torch.optim.Adadelta.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Adadelta = classOf('Adadelta');

/**
 * Steps scaled by a running average of squared gradients.
 *
 * Defaults: `lr` 1e-2 (≥ 0) · `momentum` 0 (≥ 0) · `alpha` 0.99 (≥ 0) · `eps` 1e-8 (≥ 0) · `centered` false ·
 * `weight_decay` 0 (≥ 0; L2) · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Tieleman & Hinton, 2012; torch.optim.RMSprop.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const RMSprop = classOf('RMSprop');

/**
 * Resilient propagation, for full batches.
 *
 * Defaults: `lr` 1e-2 (≥ 0; the first step size) · `etas` [0.5, 1.2] (in (0, 1) and above 1) · `step_sizes` [1e-6, 50]
 * · `maximize` false.
 *
 * Parameters of any shape.
 *
 * Source: Riedmiller & Braun, 1993; torch.optim.Rprop.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Rprop = classOf('Rprop');

/**
 * Averaged gradient descent; the average is the state `ax`.
 *
 * Defaults: `lr` 1e-2 (≥ 0) · `lambd` 1e-4 (≥ 0) · `alpha` 0.75 · `t0` 1e6 · `weight_decay` 0 (≥ 0; L2) · `maximize`
 * false.
 *
 * Parameters of any shape.
 *
 * Source: Polyak & Juditsky, 1992; torch.optim.ASGD.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const ASGD = classOf('ASGD');

/**
 * Adam for the rows that a batch touched.
 *
 * Defaults: `lr` 1e-3 (> 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-8 (> 0) · `maximize` false.
 *
 * Sparse gradients only, as an embedding with `sparse: true` gives; a dense one is an Error at `step`.
 *
 * Source: Kingma & Ba, 2015; torch.optim.SparseAdam.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const SparseAdam = classOf('SparseAdam');

/**
 * Steps of one size by the sign of the momentum. Take a rate three to ten times below AdamW's, and a decay as many
 * times above.
 *
 * Defaults: `lr` 1e-4 (≥ 0) · `betas` [0.9, 0.99] (each in [0, 1)) · `weight_decay` 0 (≥ 0; decoupled) · `maximize`
 * false.
 *
 * Parameters of any shape.
 *
 * Source: Chen et al., 2023.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Lion = classOf('Lion');

/**
 * Adam's scaling with one row and one column of state a matrix.
 *
 * Defaults: `lr` 1e-2 (≥ 0; limits the relative step) · `beta2_decay` -0.8 (≤ 0) · `eps` [null, 1e-3] (≥ 0; null: the
 * dtype's spacing) · `d` 1 (> 0; clips the update) · `weight_decay` 0 (≥ 0; decoupled) · `maximize` false.
 *
 * Parameters of any shape; the last two dimensions are the matrix, and one of fewer dimensions keeps the whole state.
 *
 * Source: Shazeer & Stern, 2018; torch.optim.Adafactor.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Adafactor = classOf('Adafactor');

/**
 * Adam with a rate a layer, for large batches.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `betas` [0.9, 0.999] (each in [0, 1)) · `eps` 1e-6 (≥ 0) · `weight_decay` 0.01 (≥ 0; 0:
 * the layer is not scaled) · `bias_correction` true · `trust_clip` false · `always_adapt` false · `maximize` false.
 *
 * Parameters of any shape, each a layer.
 *
 * Source: You et al., 2020.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const LAMB = classOf('LAMB');

/**
 * Gradient descent with a rate a layer, for large batches.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `momentum` 0 (≥ 0) · `dampening` 0 · `weight_decay` 0 (≥ 0; L2) · `eta` 1e-3 (≥ 0) ·
 * `nesterov` false (needs momentum and no dampening) · `eps` 1e-8 (≥ 0) · `lars_exclude` false · `maximize` false.
 *
 * Parameters of any shape, each a layer.
 *
 * Source: You, Gitman & Ginsburg, 2017.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const LARS = classOf('LARS');

/**
 * Orthogonalised momentum, for the matrices of hidden layers. Give embeddings, norms, biases and the head a group with
 * `algorithm: 'AdamW'`.
 *
 * Defaults: `lr` 1e-3 (≥ 0) · `weight_decay` 0.1 (≥ 0; decoupled) · `momentum` 0.95 (in [0, 1)) · `nesterov` true ·
 * `ns_coefficients` [3.4445, -4.775, 2.0315] · `eps` 1e-7 (> 0) · `ns_steps` 5 (≥ 1) · `adjust_lr_fn` null (`original`,
 * or `match_rms_adamw` to use AdamW's rate) · `maximize` false.
 *
 * Parameters of two or more dimensions, taken as (first, all others); one of fewer is a ConfigError that names it.
 *
 * Source: Jordan et al., 2024; torch.optim.Muon.
 *
 * @class
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export const Muon = classOf('Muon');
