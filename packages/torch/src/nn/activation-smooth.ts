/** Smooth activation functions as layers: (…) → (…), element by element unless said otherwise. */
import type { Tensor } from '../tensor.ts';
import { checkChoice, withDefaults } from './check.ts';
import * as f from './functional/activation.ts';
import { Module } from './module.ts';

/** x Φ(x); `approximate: 'tanh'` takes its approximation. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(options: { approximate?: 'none' | 'tanh' } = {}, ...surplus: never[]) {
    super();
    this.approximate = withDefaults<{ approximate?: 'none' | 'tanh' }>(
      'GELU',
      { approximate: 'none' },
      options,
      ...surplus,
    ).approximate;
    checkChoice('GELU', 'approximate', this.approximate, ['none', 'tanh']);
  }

  forward(input: Tensor): Tensor {
    return f.gelu(input, this.approximate);
  }

  override extraRepr(): string {
    return `approximate=${this.approximate}`;
  }
}

/** x σ(x), also called swish. */
export class SiLU extends Module {
  forward(input: Tensor): Tensor {
    return f.silu(input);
  }
}

/** x tanh(softplus(x)). */
export class Mish extends Module {
  forward(input: Tensor): Tensor {
    return f.mish(input);
  }
}

export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return f.sigmoid(input);
  }
}

export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return f.logSigmoid(input);
  }
}

export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return f.tanh(input);
  }
}

/** x - tanh(x). */
export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return f.tanhshrink(input);
  }
}

/** log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20, ...surplus: never[]) {
    super(...surplus);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(input: Tensor): Tensor {
    return f.softplus(input, this.beta, this.threshold);
  }

  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** x / (1 + |x|). */
export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return f.softsign(input);
  }
}

/** The first half of dimension `dim` times the sigmoid of the second. */
export class GLU extends Module {
  readonly dim: number;

  constructor(dim = -1, ...surplus: never[]) {
    super(...surplus);
    this.dim = dim;
  }

  forward(input: Tensor): Tensor {
    return f.glu(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}
