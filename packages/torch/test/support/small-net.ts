/** A network with a child of a child, a parameter of its own, and buffers of each kind. */
import { nn, ones, type Tensor, zeros } from '../../src/index.ts';

class Branch extends nn.Module {
  scale = new nn.Parameter(ones([2]));
  linear = new nn.Linear(3, 2, { bias: false });

  forward(input: Tensor): Tensor {
    return this.linear.forward(input).mul(this.scale);
  }
}

export class Net extends nn.Module {
  stem = new nn.Linear(4, 3);
  norm = new nn.BatchNorm1d(3);
  branch = new Branch();
  offset: nn.Parameter;

  constructor() {
    super();
    this.offset = new nn.Parameter(zeros([2]));
    this.registerBuffer('cache', ones([1]), { persistent: false });
    this.registerBuffer('table', ones([2]));
    this.registerBuffer('absent', null);
  }

  forward(input: Tensor): Tensor {
    return this.branch.forward(this.norm.forward(this.stem.forward(input)).relu()).add(this.offset);
  }
}
