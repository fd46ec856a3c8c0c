/** Dropout layers: active in training, the identity in evaluation. */
import type { Tensor } from '../tensor.ts';
import { checkRange } from './check.ts';
import * as f from './functional/dropout.ts';
import { Module } from './module.ts';

abstract class DropoutNd extends Module {
  readonly p: number;

  /** @param p the probability of a zero, from 0 to 1. Default 0.5. */
  constructor(p = 0.5, ...surplus: never[]) {
    super(...surplus);
    checkRange(this.constructor.name, 'p', p, 0, 1);
    this.p = p;
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}

/** Drops single elements (Srivastava et al., 2014). */
export class Dropout extends DropoutNd {
  forward(input: Tensor): Tensor {
    return f.dropout(input, this.p, this.training);
  }
}

/** Drops channels of ([batch,] channels, length). */
export class Dropout1d extends DropoutNd {
  forward(input: Tensor): Tensor {
    return f.dropout1d(input, this.p, this.training);
  }
}

/** Drops channels of (batch, channels, height, width). */
export class Dropout2d extends DropoutNd {
  forward(input: Tensor): Tensor {
    return f.dropout2d(input, this.p, this.training);
  }
}

/** Drops channels of ([batch,] channels, depth, height, width). */
export class Dropout3d extends DropoutNd {
  forward(input: Tensor): Tensor {
    return f.dropout3d(input, this.p, this.training);
  }
}

/** Drops elements so that mean and variance stay (Klambauer et al., 2017). */
export class AlphaDropout extends DropoutNd {
  forward(input: Tensor): Tensor {
    return f.alphaDropout(input, this.p, this.training);
  }
}

/** Drops channels of (batch, channels, …) so that mean and variance stay. */
export class FeatureAlphaDropout extends DropoutNd {
  forward(input: Tensor): Tensor {
    return f.featureAlphaDropout(input, this.p, this.training);
  }
}
