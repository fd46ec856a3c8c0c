/** The network of the recorded training run. */
import { nn, ones, type Tensor } from '../../src/index.ts';

class Block extends nn.Module {
  gamma: nn.Parameter;
  dw: nn.Conv2d;
  norm: nn.GroupNorm;
  pw: nn.Conv2d;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.gamma = new nn.Parameter(ones([outChannels, 1, 1]));
    this.dw = new nn.Conv2d(inChannels, inChannels, 3, { padding: 1, groups: inChannels });
    this.norm = new nn.GroupNorm(4, inChannels);
    this.pw = new nn.Conv2d(inChannels, outChannels, 1);
  }

  forward(input: Tensor): Tensor {
    const hidden = nn.functional.gelu(this.norm.forward(this.dw.forward(input)));
    return this.pw.forward(hidden).mul(this.gamma);
  }
}

class Backbone extends nn.Module {
  stem = new nn.Conv2d(1, 16, 3, { stride: 2, padding: 1, bias: false });
  bn = new nn.BatchNorm2d(16);
  blocks = new nn.Sequential(new Block(16, 32), new nn.MaxPool2d(2), new Block(32, 32));

  forward(input: Tensor): Tensor {
    return this.blocks.forward(this.bn.forward(this.stem.forward(input)).relu());
  }
}

/** Images (batch, 1, height, width) → scores (batch, 10). */
export class GoldenNet extends nn.Module {
  backbone = new Backbone();
  ln = new nn.LayerNorm(32);
  head = new nn.Linear(32, 10);

  forward(input: Tensor): Tensor {
    return this.head.forward(this.ln.forward(this.backbone.forward(input).mean([2, 3])));
  }
}
