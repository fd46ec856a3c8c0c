/** Attention with several heads (Vaswani et al., 2017). */
import { cat, zeros } from '../creation.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { checkCount, checkDivisible, checkRange, checkRank, checkSize, withDefaults } from './check.ts';
import { additiveMask, attend } from './functional/attention.ts';
import { pad } from './functional/pad.ts';
import { xavierNormal_, xavierUniform_, zeros_ } from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export interface MultiheadAttentionOptions {
  /** Dropout of the attention weights in training, from 0 to 1. Default 0. */
  dropout?: number;
  /** Learn additive biases. Default true. */
  bias?: boolean;
  /** Learn one more key and value. Default false. */
  addBiasKv?: boolean;
  /** Add one more key and value of zeros. Default false. */
  addZeroAttn?: boolean;
  /** Size of the keys. Default embedDim. */
  kdim?: number | null;
  /** Size of the values. Default embedDim. */
  vdim?: number | null;
  /** (batch, time, size), not (time, batch, size). Default false. */
  batchFirst?: boolean;
}

const DEFAULTS: Required<MultiheadAttentionOptions> = {
  dropout: 0,
  bias: true,
  addBiasKv: false,
  addZeroAttn: false,
  kdim: null,
  vdim: null,
  batchFirst: false,
};

/** Masks: dtype bool with true for what is not attended to, or numbers to be added to the scores. */
export interface AttentionForwardOptions {
  /** Keys to leave out: ([batch,] source). */
  keyPaddingMask?: Tensor | null;
  /** (target, source) or (batch · heads, target, source). */
  attnMask?: Tensor | null;
  /** Return the attention weights too. Default true. */
  needWeights?: boolean;
  /** Weights are the mean over heads, not one for each head. Default true. */
  averageAttnWeights?: boolean;
}

const FORWARD: Required<AttentionForwardOptions> = {
  keyPaddingMask: null,
  attnMask: null,
  needWeights: true,
  averageAttnWeights: true,
};

/**
 * torch.nn.MultiheadAttention. Projections of queries, keys and values are one matrix `in_proj_weight` (3 · embedDim,
 * embedDim), or three when keys or values have sizes of their own, drawn by Xavier's uniform rule; biases are zero.
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly options: Required<MultiheadAttentionOptions>;
  q_proj_weight: Parameter | null;
  k_proj_weight: Parameter | null;
  v_proj_weight: Parameter | null;
  in_proj_weight: Parameter | null;
  in_proj_bias: Parameter | null;
  out_proj: Linear;
  bias_k: Parameter | null;
  bias_v: Parameter | null;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}, ...surplus: never[]) {
    super();
    this.options = withDefaults('MultiheadAttention', DEFAULTS, options, ...surplus);
    const { dropout, bias, addBiasKv, kdim, vdim } = this.options;
    checkCount('MultiheadAttention', 'embedDim', embedDim);
    checkCount('MultiheadAttention', 'numHeads', numHeads);
    checkDivisible('MultiheadAttention', 'embedDim', embedDim, 'numHeads', numHeads);
    checkRange('MultiheadAttention', 'dropout', dropout, 0, 1);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    const apart = (kdim ?? embedDim) !== embedDim || (vdim ?? embedDim) !== embedDim;
    this.q_proj_weight = apart ? emptyParameter([embedDim, embedDim]) : null;
    this.k_proj_weight = apart ? emptyParameter([embedDim, kdim ?? embedDim]) : null;
    this.v_proj_weight = apart ? emptyParameter([embedDim, vdim ?? embedDim]) : null;
    this.in_proj_weight = apart ? null : emptyParameter([3 * embedDim, embedDim]);
    this.in_proj_bias = bias ? emptyParameter([3 * embedDim]) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias });
    this.bias_k = addBiasKv ? emptyParameter([1, 1, embedDim]) : null;
    this.bias_v = addBiasKv ? emptyParameter([1, 1, embedDim]) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    for (const weight of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight])
      if (weight) xavierUniform_(weight);
    for (const bias of [this.in_proj_bias, this.out_proj.bias]) if (bias) zeros_(bias);
    for (const bias of [this.bias_k, this.bias_v]) if (bias) xavierNormal_(bias);
  }

  /**
   * @param query (target, [batch,] embedDim), with `batchFirst` (batch, target, embedDim)
   * @param key (source, [batch,] kdim), or batch first
   * @param value (source, [batch,] vdim), or batch first
   * @returns the output, of the query's shape, and the weights ([batch,] [heads,] target, source), null if not needed
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: AttentionForwardOptions = {},
  ): [output: Tensor, weights: Tensor | null] {
    const given = withDefaults('MultiheadAttention.forward', FORWARD, options);
    this.#check(query, key, value);
    const batched = query.ndim === 3;
    const projected = this.#project(query, key, value).map((each) => this.#batchFirst(each));
    const [q, k, v] = projected as [Tensor, Tensor, Tensor];
    const heads = [q, extended(k, this.bias_k, this.options), extended(v, this.bias_v, this.options)].map((each) =>
      each.unflatten(-1, [this.numHeads, -1]).transpose(1, 2),
    ) as [Tensor, Tensor, Tensor];
    const mask = this.#mask(given, q, k.shape[1] as number, heads[1].shape[2] as number);
    const [attended, weights] = attend(...heads, mask, this.training ? this.options.dropout : 0);
    const output = this.out_proj.forward(this.#asGiven(attended.transpose(1, 2).flatten(2), batched));
    if (!given.needWeights) return [output, null];
    const shown = given.averageAttnWeights ? weights.mean([1]) : weights;
    return [output, batched ? shown : shown.squeeze(0)];
  }

  #check(query: Tensor, key: Tensor, value: Tensor): void {
    const { kdim, vdim } = this.options;
    const sizes = { query: this.embedDim, key: kdim ?? this.embedDim, value: vdim ?? this.embedDim };
    checkRank('MultiheadAttention query', query, [2, 3], '(time, batch, size), with batchFirst (batch, time, size)');
    for (const [name, input] of Object.entries({ query, key, value })) {
      const where = `MultiheadAttention ${name}`;
      checkRank(where, input, [query.ndim], 'as many as the query');
      checkSize(where, input, -1, 'its size', sizes[name as keyof typeof sizes]);
    }
  }

  /** Queries, keys and values of size embedDim; one product where they come from the same tensor. */
  #project(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const { in_proj_weight: packed, in_proj_bias, q_proj_weight, k_proj_weight, v_proj_weight } = this;
    if (packed && query === key && key === value) return ops.linear(query, packed, in_proj_bias).chunk(3, -1);
    const weights = packed ? packed.chunk(3) : [q_proj_weight, k_proj_weight, v_proj_weight];
    const biases = in_proj_bias?.chunk(3) ?? [];
    return [query, key, value].map((input, i) => ops.linear(input, weights[i] as Tensor, biases[i] ?? null));
  }

  #batchFirst(values: Tensor): Tensor {
    if (values.ndim === 2) return values.unsqueeze(0);
    return this.options.batchFirst ? values : values.transpose(0, 1);
  }

  #asGiven(values: Tensor, batched: boolean): Tensor {
    if (!batched) return values.squeeze(0);
    return this.options.batchFirst ? values : values.transpose(0, 1);
  }

  /** What is added to the scores (batch, heads, target, source), with zeros for keys that the layer itself adds. */
  #mask(
    { attnMask, keyPaddingMask }: Required<AttentionForwardOptions>,
    query: Tensor,
    source: number,
    extendedSource: number,
  ): Tensor | null {
    const [batch, target] = query.shape as [number, number, number];
    const masks: Tensor[] = [];
    if (attnMask) {
      checkMask('attnMask', attnMask, [
        [target, source],
        [batch * this.numHeads, target, source],
      ]);
      const added = asAdditive(attnMask, query);
      masks.push(added.ndim === 3 ? added.unflatten(0, [batch, this.numHeads]) : added);
    }
    if (keyPaddingMask) {
      checkMask('keyPaddingMask', keyPaddingMask, batch === 1 ? [[source], [1, source]] : [[batch, source]]);
      masks.push(asAdditive(keyPaddingMask, query).reshape([batch, 1, 1, source]));
    }
    if (masks.length === 0) return null;
    return pad(
      masks.reduce((sum, mask) => sum.add(mask)),
      [0, extendedSource - source],
    );
  }

  override extraRepr(): string {
    const changed = Object.entries(this.options).filter(
      ([name, value]) => value !== DEFAULTS[name as keyof MultiheadAttentionOptions],
    );
    return [this.embedDim, this.numHeads, ...changed.map(([name, value]) => `${name}=${value}`)].join(', ');
  }
}

function asAdditive(mask: Tensor, like: Tensor): Tensor {
  return mask.dtype === 'bool' ? additiveMask(mask, like) : mask;
}

function checkMask(name: string, mask: Tensor, shapes: readonly (readonly number[])[]): void {
  const found = mask.shape.join(', ');
  if (shapes.some((shape) => shape.join(', ') === found)) return;
  const allowed = shapes.map((shape) => `(${shape.join(', ')})`).join(' or ');
  throw new RangeError(`MultiheadAttention: ${name} must have shape ${allowed}; found [${found}]`);
}

/** Keys or values (batch, source, size) with what the layer adds at their end. */
function extended(values: Tensor, learned: Tensor | null, options: Required<MultiheadAttentionOptions>): Tensor {
  const [batch = 0, , size = 0] = values.shape;
  const parts = [values];
  if (learned) parts.push(learned.expand([batch, 1, size]));
  if (options.addZeroAttn) parts.push(zeros([batch, 1, size], { dtype: values.dtype, device: values.device }));
  return parts.length === 1 ? values : cat(parts, 1);
}
