/** Stacks of transformer layers, and the whole encoder-decoder (Vaswani et al., 2017). */
import type { Tensor } from '../tensor.ts';
import { checkCount, checkOptions, checkSize, withDefaults } from './check.ts';
import { ModuleList } from './containers.ts';
import { causalMask } from './functional/attention.ts';
import { xavierUniform_ } from './init.ts';
import { Module } from './module.ts';
import { LayerNorm } from './norm.ts';
import {
  DECODER_FORWARD,
  type DecoderForwardOptions,
  LAYER,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer-layer.ts';

function copies<T extends Module>(where: string, layer: { clone(): T }, numLayers: number): ModuleList<T> {
  checkCount(where, 'numLayers', numLayers);
  return new ModuleList(Array.from({ length: numLayers }, () => layer.clone()));
}

interface StackOptions {
  /** The last norm. Default none. */
  norm?: LayerNorm | null;
}

const STACK: Required<StackOptions> = { norm: null };

interface EncoderForwardOptions {
  mask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
}

const ENCODER_FORWARD: Required<EncoderForwardOptions> = { mask: null, srcKeyPaddingMask: null };

/** `numLayers` copies of an encoder layer, which start equal, and a last norm if given (torch.nn.TransformerEncoder). */
export class TransformerEncoder extends Module {
  layers: ModuleList<TransformerEncoderLayer>;
  norm: LayerNorm | null;

  constructor(layer: TransformerEncoderLayer, numLayers: number, options: StackOptions = {}, ...surplus: never[]) {
    super();
    const { norm } = withDefaults('TransformerEncoder', STACK, options, ...surplus);
    this.layers = copies('TransformerEncoder', layer, numLayers);
    this.norm = norm;
  }

  /** (time, batch, dModel), or batch first; masks as those of a layer. */
  forward(source: Tensor, options: EncoderForwardOptions = {}): Tensor {
    const { mask: srcMask, srcKeyPaddingMask } = withDefaults('TransformerEncoder.forward', ENCODER_FORWARD, options);
    let output = source;
    for (const layer of this.layers) output = layer.forward(output, { srcMask, srcKeyPaddingMask });
    return this.norm ? this.norm.forward(output) : output;
  }
}

/** `numLayers` copies of a decoder layer, which start equal, and a last norm if given (torch.nn.TransformerDecoder). */
export class TransformerDecoder extends Module {
  layers: ModuleList<TransformerDecoderLayer>;
  norm: LayerNorm | null;

  constructor(layer: TransformerDecoderLayer, numLayers: number, options: StackOptions = {}, ...surplus: never[]) {
    super();
    const { norm } = withDefaults('TransformerDecoder', STACK, options, ...surplus);
    this.layers = copies('TransformerDecoder', layer, numLayers);
    this.norm = norm;
  }

  /** (time, batch, dModel), or batch first; masks as those of a layer. */
  forward(target: Tensor, memory: Tensor, options: DecoderForwardOptions = {}): Tensor {
    checkOptions('TransformerDecoder.forward', DECODER_FORWARD, options);
    let output = target;
    for (const layer of this.layers) output = layer.forward(output, memory, options);
    return this.norm ? this.norm.forward(output) : output;
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  /** Default 512. */
  dModel?: number;
  /** Default 8. */
  nhead?: number;
  /** Default 6. */
  numEncoderLayers?: number;
  /** Default 6. */
  numDecoderLayers?: number;
}

const TRANSFORMER: Required<TransformerOptions> = {
  dModel: 512,
  nhead: 8,
  numEncoderLayers: 6,
  numDecoderLayers: 6,
  ...LAYER,
};

export interface TransformerForwardOptions extends DecoderForwardOptions {
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
}

const FORWARD: Required<TransformerForwardOptions> = { srcMask: null, srcKeyPaddingMask: null, ...DECODER_FORWARD };

/** Encoder and decoder with a last norm each; matrices are drawn by Xavier's uniform rule (torch.nn.Transformer). */
export class Transformer extends Module {
  readonly dModel: number;
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(options: TransformerOptions = {}, ...surplus: never[]) {
    super();
    const { dModel, nhead, numEncoderLayers, numDecoderLayers, ...layer } = withDefaults(
      'Transformer',
      TRANSFORMER,
      options,
      ...surplus,
    );
    const norm = () => new LayerNorm(dModel, { eps: layer.layerNormEps });
    const encoderLayer = new TransformerEncoderLayer(dModel, nhead, layer);
    this.dModel = dModel;
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, { norm: norm() });
    const decoderLayer = new TransformerDecoderLayer(dModel, nhead, layer);
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, { norm: norm() });
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  /** (source time, batch, dModel) and (target time, batch, dModel), or batch first → the target's shape. */
  forward(source: Tensor, target: Tensor, options: TransformerForwardOptions = {}): Tensor {
    checkSize('Transformer', source, -1, 'dModel', this.dModel);
    checkSize('Transformer', target, -1, 'dModel', this.dModel);
    const { srcMask: mask, srcKeyPaddingMask, ...decoder } = withDefaults('Transformer.forward', FORWARD, options);
    const memory = this.encoder.forward(source, { mask, srcKeyPaddingMask });
    return this.decoder.forward(target, memory, decoder);
  }

  /** A mask (size, size) that hides what comes later: -∞ above the diagonal. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return causalMask(size);
  }
}
