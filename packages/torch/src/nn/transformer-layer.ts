/** The blocks of a transformer (Vaswani et al., 2017): attention and a feed-forward part, each with a residual. */
import { getRngState, setRngState } from '../runtime.ts';
import type { Tensor } from '../tensor.ts';
import { MultiheadAttention } from './attention.ts';
import { checkCount, withDefaults } from './check.ts';
import { Dropout } from './dropout.ts';
import { gelu, relu } from './functional/activation.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { LayerNorm } from './norm.ts';

export interface TransformerLayerOptions {
  /** Width of the feed-forward part. Default 2048. */
  dimFeedforward?: number;
  /** From 0 to 1. Default 0.1. */
  dropout?: number;
  /** Default `relu`. */
  activation?: 'relu' | 'gelu' | ((input: Tensor) => Tensor);
  /** Default 1e-5. */
  layerNormEps?: number;
  /** (batch, time, size), not (time, batch, size). Default false. */
  batchFirst?: boolean;
  /** Normalise before each part, not after. Default false. */
  normFirst?: boolean;
}

export const LAYER: Required<TransformerLayerOptions> = {
  dimFeedforward: 2048,
  dropout: 0.1,
  activation: 'relu',
  layerNormEps: 1e-5,
  batchFirst: false,
  normFirst: false,
};

const ACTIVATIONS = { relu, gelu };

/** Masks of one attention: see `MultiheadAttention`. */
interface Masks {
  attnMask?: Tensor | null;
  keyPaddingMask?: Tensor | null;
}

/** What both layers share. Members are made by the subclasses, in PyTorch's order. */
abstract class TransformerLayer extends Module {
  readonly dModel: number;
  readonly nhead: number;
  readonly options: Required<TransformerLayerOptions>;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions, ...surplus: never[]) {
    super();
    this.dModel = dModel;
    this.nhead = nhead;
    this.options = withDefaults(this.constructor.name, LAYER, options, ...surplus);
    checkCount(this.constructor.name, 'dimFeedforward', this.options.dimFeedforward);
  }

  protected attention(): MultiheadAttention {
    const { dropout, batchFirst } = this.options;
    return new MultiheadAttention(this.dModel, this.nhead, { dropout, batchFirst });
  }

  protected layerNorm(): LayerNorm {
    return new LayerNorm(this.dModel, { eps: this.options.layerNormEps });
  }

  /** A part with its residual, normalised before or after. */
  protected residual(input: Tensor, norm: LayerNorm, part: (input: Tensor) => Tensor): Tensor {
    return this.options.normFirst ? input.add(part(norm.forward(input))) : norm.forward(input.add(part(input)));
  }

  protected activated(input: Tensor): Tensor {
    const { activation } = this.options;
    return typeof activation === 'function' ? activation(input) : ACTIVATIONS[activation](input);
  }
}

/** The parameters and buffers of `source` copied into `fresh`, and no random numbers used up for it. */
function copied<T extends Module>(source: T, fresh: () => T): T {
  const state = getRngState();
  const made = fresh();
  setRngState(state);
  state.dispose();
  made.loadStateDict(source.stateDict());
  return made.train(source.training);
}

interface EncoderLayerForwardOptions {
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
}

const ENCODER_LAYER_FORWARD: Required<EncoderLayerForwardOptions> = { srcMask: null, srcKeyPaddingMask: null };

/** Self-attention, then the feed-forward part (torch.nn.TransformerEncoderLayer). */
export class TransformerEncoderLayer extends TransformerLayer {
  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}, ...surplus: never[]) {
    super(dModel, nhead, options, ...surplus);
    const { dimFeedforward, dropout } = this.options;
    this.self_attn = this.attention();
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = this.layerNorm();
    this.norm2 = this.layerNorm();
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  /**
   * @param input (time, [batch,] dModel), with `batchFirst` (batch, time, dModel)
   * @param options `srcMask` and `srcKeyPaddingMask`, as `attnMask` and `keyPaddingMask` of MultiheadAttention
   */
  forward(input: Tensor, options: EncoderLayerForwardOptions = {}): Tensor {
    const given = withDefaults('TransformerEncoderLayer.forward', ENCODER_LAYER_FORWARD, options);
    const masks = { attnMask: given.srcMask, keyPaddingMask: given.srcKeyPaddingMask };
    const attended = this.residual(input, this.norm1, (x) => this.#attend(x, masks));
    return this.residual(attended, this.norm2, (x) => this.#feedForward(x));
  }

  #attend(x: Tensor, masks: Masks): Tensor {
    return this.dropout1.forward(this.self_attn.forward(x, x, x, { ...masks, needWeights: false })[0]);
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.dropout.forward(this.activated(this.linear1.forward(x)));
    return this.dropout2.forward(this.linear2.forward(hidden));
  }

  /** A layer of its own with the same settings and values. */
  clone(): TransformerEncoderLayer {
    return copied(this, () => new TransformerEncoderLayer(this.dModel, this.nhead, this.options));
  }
}

export interface DecoderForwardOptions {
  tgtMask?: Tensor | null;
  memoryMask?: Tensor | null;
  tgtKeyPaddingMask?: Tensor | null;
  memoryKeyPaddingMask?: Tensor | null;
}

export const DECODER_FORWARD: Required<DecoderForwardOptions> = {
  tgtMask: null,
  memoryMask: null,
  tgtKeyPaddingMask: null,
  memoryKeyPaddingMask: null,
};

/** Self-attention, attention to the encoder's output, then the feed-forward part (torch.nn.TransformerDecoderLayer). */
export class TransformerDecoderLayer extends TransformerLayer {
  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}, ...surplus: never[]) {
    super(dModel, nhead, options, ...surplus);
    const { dimFeedforward, dropout } = this.options;
    this.self_attn = this.attention();
    this.multihead_attn = this.attention();
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = this.layerNorm();
    this.norm2 = this.layerNorm();
    this.norm3 = this.layerNorm();
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  /**
   * @param target (time, [batch,] dModel), with `batchFirst` (batch, time, dModel)
   * @param memory what the encoder made, likewise
   * @param options masks of the self-attention (`tgt…`) and of the attention to the memory (`memory…`)
   */
  forward(target: Tensor, memory: Tensor, options: DecoderForwardOptions = {}): Tensor {
    const masks = withDefaults('TransformerDecoderLayer.forward', DECODER_FORWARD, options);
    const own = { attnMask: masks.tgtMask, keyPaddingMask: masks.tgtKeyPaddingMask };
    const cross = { attnMask: masks.memoryMask, keyPaddingMask: masks.memoryKeyPaddingMask };
    const attended = this.residual(target, this.norm1, (x) => this.#attend(x, own));
    const informed = this.residual(attended, this.norm2, (x) => this.#attendTo(memory, x, cross));
    return this.residual(informed, this.norm3, (x) => this.#feedForward(x));
  }

  #attend(x: Tensor, masks: Masks): Tensor {
    return this.dropout1.forward(this.self_attn.forward(x, x, x, { ...masks, needWeights: false })[0]);
  }

  #attendTo(memory: Tensor, x: Tensor, masks: Masks): Tensor {
    const [attended] = this.multihead_attn.forward(x, memory, memory, { ...masks, needWeights: false });
    return this.dropout2.forward(attended);
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.dropout.forward(this.activated(this.linear1.forward(x)));
    return this.dropout3.forward(this.linear2.forward(hidden));
  }

  /** A layer of its own with the same settings and values. */
  clone(): TransformerDecoderLayer {
    return copied(this, () => new TransformerDecoderLayer(this.dModel, this.nhead, this.options));
  }
}
