/** Single steps of recurrent layers. Weights and biases are drawn from U(-1/√hiddenSize, 1/√hiddenSize). */
import { zeros } from '../creation.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkCount, checkOptions, checkRank, checkSize, withDefaults } from './check.ts';
import { uniform_ } from './init.ts';
import type { BiasOptions } from './linear.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

abstract class Cell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;

  constructor(gates: number, inputSize: number, hiddenSize: number, options: BiasOptions, ...surplus: never[]) {
    super();
    const name = this.constructor.name;
    const { bias } = withDefaults(name, { bias: true }, options, ...surplus);
    checkCount(name, 'inputSize', inputSize);
    checkCount(name, 'hiddenSize', hiddenSize);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.weight_ih = emptyParameter([gates * hiddenSize, inputSize]);
    this.weight_hh = emptyParameter([gates * hiddenSize, hiddenSize]);
    this.bias_ih = bias ? emptyParameter([gates * hiddenSize]) : null;
    this.bias_hh = bias ? emptyParameter([gates * hiddenSize]) : null;
    const bound = 1 / Math.sqrt(hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  protected get weights(): [Tensor, Tensor, Tensor | null, Tensor | null] {
    return [this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh];
  }

  protected check(input: Tensor): void {
    checkRank(this.constructor.name, input, [1, 2], '([batch,] inputSize)');
    checkSize(this.constructor.name, input, -1, 'inputSize', this.inputSize);
  }

  protected zeroState(input: Tensor): Tensor {
    return zeros([...input.shape.slice(0, -1), this.hiddenSize], { dtype: input.dtype, device: input.device });
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias_ih ? '' : ', bias=false'}`;
  }
}

/** The operators want a batch. */
function asBatch(values: Tensor): Tensor {
  return values.ndim === 1 ? values.unsqueeze(0) : values;
}

export interface RNNCellOptions extends BiasOptions {
  /** Default `tanh`. */
  nonlinearity?: 'tanh' | 'relu';
}

/** ([batch,] inputSize) and ([batch,] hiddenSize) → ([batch,] hiddenSize) (torch.nn.RNNCell). */
export class RNNCell extends Cell {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}, ...surplus: never[]) {
    checkOptions('RNNCell', { bias: true, nonlinearity: 'tanh' }, options, ...surplus);
    const { nonlinearity = 'tanh', ...rest } = options;
    checkChoice('RNNCell', 'nonlinearity', nonlinearity, ['tanh', 'relu']);
    super(1, inputSize, hiddenSize, rest);
    this.nonlinearity = nonlinearity;
  }

  forward(input: Tensor, hidden: Tensor = this.zeroState(input)): Tensor {
    this.check(input);
    const step = this.nonlinearity === 'tanh' ? ops.rnnTanhCell : ops.rnnReluCell;
    const next = step(asBatch(input), asBatch(hidden), ...this.weights);
    return input.ndim === 1 ? next.squeeze(0) : next;
  }
}

/** ([batch,] inputSize) and ([batch,] hiddenSize) → ([batch,] hiddenSize) (torch.nn.GRUCell). */
export class GRUCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: BiasOptions = {}, ...surplus: never[]) {
    super(3, inputSize, hiddenSize, options, ...surplus);
  }

  forward(input: Tensor, hidden: Tensor = this.zeroState(input)): Tensor {
    this.check(input);
    const next = ops.gruCell(asBatch(input), asBatch(hidden), ...this.weights);
    return input.ndim === 1 ? next.squeeze(0) : next;
  }
}

/** ([batch,] inputSize) and a state [hidden, cell] → the next state (torch.nn.LSTMCell). */
export class LSTMCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: BiasOptions = {}, ...surplus: never[]) {
    super(4, inputSize, hiddenSize, options, ...surplus);
  }

  forward(input: Tensor, state?: readonly [hidden: Tensor, cell: Tensor]): [hidden: Tensor, cell: Tensor] {
    this.check(input);
    const given = state ?? [this.zeroState(input), this.zeroState(input)];
    const [hidden, cell] = ops.lstmCell(asBatch(input), given.map(asBatch), ...this.weights);
    return input.ndim === 1 ? [hidden.squeeze(0), cell.squeeze(0)] : [hidden, cell];
  }
}
