/** Tables of learned rows. Drawn from N(0, 1); the padding row is zero. */
import type { ModuleKind } from '@paramwise/core';
import { noGrad } from '../autograd.ts';
import { tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkCount, withDefaults } from './check.ts';
import {
  type BagMode,
  EMBEDDING,
  type EmbeddingFunctionOptions,
  embedding,
  embeddingBag,
  rowOf,
} from './functional/embedding.ts';
import { normal_ } from './init.ts';
import { Module } from './module.ts';
import { emptyParameter, Parameter } from './parameter.ts';

abstract class Table<Options extends EmbeddingFunctionOptions> extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  /** The padding row, from the start; null for none. */
  readonly paddingIdx: number | null;
  protected readonly options: Required<Options>;
  weight: Parameter;

  /** Whether the gradient is sparse: of the rows that a batch touched. */
  get sparse(): boolean {
    return this.options.sparse === true;
  }

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    defaults: Required<Options>,
    options: Options,
    ...surplus: never[]
  ) {
    super();
    const name = this.constructor.name;
    this.options = withDefaults(name, defaults, options, ...surplus);
    checkCount(name, 'numEmbeddings', numEmbeddings);
    checkCount(name, 'embeddingDim', embeddingDim);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    const row = rowOf(name, this.options.paddingIdx ?? null, numEmbeddings);
    this.paddingIdx = row < 0 ? null : row;
    this.weight = emptyParameter([numEmbeddings, embeddingDim]);
    this.resetParameters();
  }

  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) tidy(() => noGrad(() => this.weight.select(0, paddingIdx).fill_(0)));
  }

  override get moduleKind(): ModuleKind {
    return { type: 'embedding' };
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

export type EmbeddingOptions = EmbeddingFunctionOptions;

/** Indices (…) of dtype int64 or int32 → (…, embeddingDim) (torch.nn.Embedding). */
export class Embedding extends Table<EmbeddingOptions> {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}, ...surplus: never[]) {
    super(numEmbeddings, embeddingDim, EMBEDDING, options, ...surplus);
  }

  /**
   * A table on the memory of `values` (number, size).
   *
   * @param options `freeze`: without gradients. Default true.
   */
  static fromPretrained(values: Tensor, options: EmbeddingOptions & { freeze?: boolean } = {}): Embedding {
    const { freeze, ...rest } = withDefaults('Embedding.fromPretrained', { freeze: true, ...EMBEDDING }, options);
    const [rows = 0, size = 0, ...more] = values.shape;
    if (more.length > 0 || size === 0)
      throw new RangeError(`Embedding.fromPretrained: expected 2 dimensions, found shape [${values.shape.join(', ')}]`);
    const made = new Embedding(rows, size, rest);
    made.weight.dispose();
    made.weight = new Parameter(values, !freeze);
    return made;
  }

  forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, this.options);
  }
}

export interface EmbeddingBagOptions extends EmbeddingFunctionOptions {
  /** What becomes of the rows of a bag. Default `mean`. */
  mode?: BagMode;
  /** The last offset is the end of the last bag. Default false. */
  includeLastOffset?: boolean;
}

const BAG: Required<EmbeddingBagOptions> = { ...EMBEDDING, mode: 'mean', includeLastOffset: false };

/** Bags of indices (bags, length), or one dimension with offsets, → (bags, embeddingDim) (torch.nn.EmbeddingBag). */
export class EmbeddingBag extends Table<EmbeddingBagOptions> {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagOptions = {}, ...surplus: never[]) {
    super(numEmbeddings, embeddingDim, BAG, options, ...surplus);
    checkChoice('EmbeddingBag', 'mode', this.options.mode, ['sum', 'mean', 'max']);
  }

  /**
   * @param offsets where each bag starts, for indices of one dimension
   * @param perSampleWeights weights of the rows, for mode `sum`
   */
  forward(indices: Tensor, offsets: Tensor | null = null, perSampleWeights: Tensor | null = null): Tensor {
    return embeddingBag(indices, this.weight, { ...this.options, offsets, perSampleWeights });
  }
}
