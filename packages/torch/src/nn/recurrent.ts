/** Recurrent layers. Weights and biases are drawn from U(-1/√hiddenSize, 1/√hiddenSize). */
import { zeros } from '../creation.ts';
import { callOperator } from '../dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkCount, checkOptions, checkRange, checkRank, checkSize, withDefaults } from './check.ts';
import { uniform_ } from './init.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export interface RecurrentOptions {
  /** Layers on top of each other. Default 1. */
  numLayers?: number;
  /** Default true. */
  bias?: boolean;
  /** Input and output are (batch, time, size), not (time, batch, size). Default false. */
  batchFirst?: boolean;
  /** Dropout between layers, from 0 to 1. Default 0. */
  dropout?: number;
  /** A second direction, from the end to the start. Default false. */
  bidirectional?: boolean;
}

const DEFAULTS: Required<RecurrentOptions> = {
  numLayers: 1,
  bias: true,
  batchFirst: false,
  dropout: 0,
  bidirectional: false,
};
const RNN_DEFAULTS: Required<RNNOptions> = { ...DEFAULTS, nonlinearity: 'tanh' };

/** What the three kinds share; `gates` is the number of blocks that a step computes. */
abstract class Recurrent<State> extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly projSize: number;
  readonly options: Required<RecurrentOptions>;
  readonly #weights: string[] = [];

  constructor(
    gates: number,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { projSize?: number },
    ...surplus: never[]
  ) {
    super();
    const name = this.constructor.name;
    const { projSize, ...given } = withDefaults(name, { ...DEFAULTS, projSize: 0 }, options, ...surplus);
    checkCount(name, 'inputSize', inputSize);
    checkCount(name, 'hiddenSize', hiddenSize);
    checkCount(name, 'numLayers', given.numLayers);
    checkRange(name, 'dropout', given.dropout, 0, 1);
    checkRange(name, 'projSize', projSize, 0, hiddenSize - 1);
    if (given.dropout > 0 && given.numLayers === 1)
      process.emitWarning(`${name}: dropout acts between layers, so with numLayers 1 it does nothing`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.projSize = projSize;
    this.options = given;
    this.#addWeights(gates);
    this.resetParameters();
  }

  /** Size of what a step hands on. */
  get #outputSize(): number {
    return this.projSize || this.hiddenSize;
  }

  #addWeights(gates: number): void {
    const { numLayers, bias, bidirectional } = this.options;
    const suffixes = bidirectional ? ['', '_reverse'] : [''];
    const rows = gates * this.hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      const columns = layer === 0 ? this.inputSize : this.#outputSize * suffixes.length;
      for (const suffix of suffixes) {
        const add = (kind: string, shape: number[]) => this.#addWeight(`${kind}_l${layer}${suffix}`, shape);
        add('weight_ih', [rows, columns]);
        add('weight_hh', [rows, this.#outputSize]);
        if (bias) for (const kind of ['bias_ih', 'bias_hh']) add(kind, [rows]);
        if (this.projSize > 0) add('weight_hr', [this.projSize, this.hiddenSize]);
      }
    }
  }

  #addWeight(name: string, shape: number[]): void {
    this.registerParameter(name, emptyParameter(shape));
    this.#weights.push(name);
  }

  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  /** Runs the operator on a batch; `hidden` is the state or undefined for zeros. */
  protected abstract run(input: Tensor, hidden: State | undefined, settings: unknown[]): [Tensor, State];

  /** Applies `fn` to each tensor of a state. */
  protected abstract mapState(state: State, fn: (values: Tensor) => Tensor): State;

  /**
   * @param input ([batch,] time, inputSize) with `batchFirst`, (time, [batch,] inputSize) otherwise
   * @param hidden first state (numLayers · directions, [batch,] hiddenSize). Default zeros.
   * @returns the outputs of the last layer at every time, and the last state of every layer
   */
  forward(input: Tensor, hidden?: State): [Tensor, State] {
    const name = this.constructor.name;
    checkRank(name, input, [2, 3], '(time, batch, inputSize), with batchFirst (batch, time, inputSize)');
    checkSize(name, input, -1, 'inputSize', this.inputSize);
    if (input.ndim === 3) return this.#forwardBatch(input, hidden);
    const batchDim = this.options.batchFirst ? 0 : 1;
    const state = hidden === undefined ? undefined : this.mapState(hidden, (each) => each.unsqueeze(1));
    const [output, last] = this.#forwardBatch(input.unsqueeze(batchDim), state);
    return [output.squeeze(batchDim), this.mapState(last, (each) => each.squeeze(1))];
  }

  #forwardBatch(input: Tensor, hidden: State | undefined): [Tensor, State] {
    const { bias, numLayers, dropout, bidirectional, batchFirst } = this.options;
    const held = this as unknown as Record<string, Parameter>;
    const weights = this.#weights.map((name) => held[name]);
    const settings = [weights, bias, numLayers, dropout, this.training, bidirectional, batchFirst];
    if (hidden !== undefined) this.mapState(hidden, (each) => this.#checkState(each, input));
    return this.run(input, hidden, settings);
  }

  #checkState(state: Tensor, input: Tensor): Tensor {
    const { shape } = state;
    const [layers, batch] = this.#stateShape(input);
    if (shape.length !== 3 || shape[0] !== layers || shape[1] !== batch)
      throw new RangeError(
        `${this.constructor.name}: a state must be (${layers}, ${batch}, size); found shape [${shape.join(', ')}]`,
      );
    return state;
  }

  #stateShape(input: Tensor): [layers: number, batch: number] {
    const { numLayers, bidirectional, batchFirst } = this.options;
    return [numLayers * (bidirectional ? 2 : 1), input.shape[batchFirst ? 0 : 1] as number];
  }

  /** A state of zeros for the batch `input`. */
  protected zeroState(input: Tensor, size: number): Tensor {
    return zeros([...this.#stateShape(input), size], { dtype: input.dtype, device: input.device });
  }

  override extraRepr(): string {
    const changed = Object.entries({ ...this.options, projSize: this.projSize }).filter(
      ([name, value]) => value !== { ...DEFAULTS, projSize: 0 }[name as keyof RecurrentOptions],
    );
    return [this.inputSize, this.hiddenSize, ...changed.map(([name, value]) => `${name}=${value}`)].join(', ');
  }
}

/** A state of one tensor. */
abstract class SingleState extends Recurrent<Tensor> {
  protected abstract readonly operator: string;

  protected override run(input: Tensor, hidden: Tensor | undefined, settings: unknown[]): [Tensor, Tensor] {
    const state = hidden ?? this.zeroState(input, this.hiddenSize);
    return callOperator(this.operator, input, state, ...settings) as [Tensor, Tensor];
  }

  protected override mapState(state: Tensor, fn: (values: Tensor) => Tensor): Tensor {
    return fn(state);
  }
}

const NONLINEARITIES = ['tanh', 'relu'] as const;

export interface RNNOptions extends RecurrentOptions {
  /** Default `tanh`. */
  nonlinearity?: (typeof NONLINEARITIES)[number];
}

/** h' = tanh(W x + b + U h + c), or relu (torch.nn.RNN). */
export class RNN extends SingleState {
  protected readonly operator: string;

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}, ...surplus: never[]) {
    checkOptions('RNN', RNN_DEFAULTS, options, ...surplus);
    const { nonlinearity = 'tanh', ...rest } = options;
    checkChoice('RNN', 'nonlinearity', nonlinearity, NONLINEARITIES);
    super(1, inputSize, hiddenSize, rest);
    this.operator = `aten::rnn_${nonlinearity}`;
  }
}

/** Gated recurrent units (Cho et al., 2014; torch.nn.GRU). */
export class GRU extends SingleState {
  protected readonly operator = 'aten::gru';

  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}, ...surplus: never[]) {
    super(3, inputSize, hiddenSize, options, ...surplus);
  }
}

export interface LSTMOptions extends RecurrentOptions {
  /** Project the output of a step to this size, below hiddenSize. Default 0: no projection. */
  projSize?: number;
}

/** Long short-term memory (Hochreiter & Schmidhuber, 1997; torch.nn.LSTM). Its state is [hidden, cell]. */
export class LSTM extends Recurrent<[hidden: Tensor, cell: Tensor]> {
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}, ...surplus: never[]) {
    super(4, inputSize, hiddenSize, options, ...surplus);
  }

  protected override run(
    input: Tensor,
    hidden: [Tensor, Tensor] | undefined,
    settings: unknown[],
  ): [Tensor, [Tensor, Tensor]] {
    const state = hidden ?? [
      this.zeroState(input, this.projSize || this.hiddenSize),
      this.zeroState(input, this.hiddenSize),
    ];
    const [output, h, c] = callOperator('aten::lstm', input, state, ...settings) as [Tensor, Tensor, Tensor];
    return [output, [h, c]];
  }

  protected override mapState(state: [Tensor, Tensor], fn: (values: Tensor) => Tensor): [Tensor, Tensor] {
    return [fn(state[0]), fn(state[1])];
  }
}
