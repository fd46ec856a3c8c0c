/** A small convolutional network: stem, depthwise-separable blocks with norms and a layer scale, linear head. */
import { full, nn, type Tensor } from '@paramwise/torch';

/** Depthwise 3×3 → group norm → expand → GELU → project → times `gamma`, added to the input. */
class Block extends nn.Module {
  dw: nn.Conv2d;
  norm: nn.GroupNorm;
  expand: nn.Conv2d;
  project: nn.Conv2d;
  gamma: nn.Parameter;

  constructor(channels: number) {
    super();
    this.dw = new nn.Conv2d(channels, channels, 3, { padding: 1, groups: channels });
    this.norm = new nn.GroupNorm(4, channels);
    this.expand = new nn.Conv2d(channels, 2 * channels, 1);
    this.project = new nn.Conv2d(2 * channels, channels, 1);
    this.gamma = new nn.Parameter(full([channels, 1, 1], 0.5));
  }

  forward(x: Tensor): Tensor {
    const hidden = nn.functional.gelu(this.expand.forward(this.norm.forward(this.dw.forward(x))));
    return x.add(this.project.forward(hidden).mul(this.gamma));
  }
}

/** Convolution with stride 2 → group norm → ReLU: half the height and width. */
class Down extends nn.Module {
  conv: nn.Conv2d;
  norm: nn.GroupNorm;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.conv = new nn.Conv2d(inChannels, outChannels, 3, { stride: 2, padding: 1, bias: false });
    this.norm = new nn.GroupNorm(4, outChannels);
  }

  forward(x: Tensor): Tensor {
    return this.norm.forward(this.conv.forward(x)).relu();
  }
}

/** Images (batch, 1, 28, 28) → scores (batch, classes). */
export class FashionNet extends nn.Module {
  backbone = new nn.Sequential(new Down(1, 24), new Block(24), new Down(24, 48), new Block(48), new Down(48, 96));
  norm = new nn.LayerNorm(96);
  head: nn.Linear;

  constructor(classes: number) {
    super();
    this.head = new nn.Linear(96, classes);
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.norm.forward(this.backbone.forward(x).mean([2, 3])));
  }
}
