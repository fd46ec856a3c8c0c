/** The networks of the training benchmark; `peers/torch_peer.py` writes the same ones in PyTorch. */
import { nn, type Tensor } from '@paramwise/torch';

type Network = nn.Module & { forward(x: Tensor): Tensor };

/** 784 → 1024 → 1024 → 10 with ReLU between. */
export function mlp(): Network {
  return new nn.Sequential(
    new nn.Linear(784, 1024),
    new nn.ReLU(),
    new nn.Linear(1024, 1024),
    new nn.ReLU(),
    new nn.Linear(1024, 10),
  );
}

/** Two 3×3 convolutions with norms and a shortcut (He et al., 2016). */
class BasicBlock extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  downsample: nn.Sequential | null;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(outputs);
    const changes = stride !== 1 || inputs !== outputs;
    this.downsample = changes
      ? new nn.Sequential(new nn.Conv2d(inputs, outputs, 1, { stride, bias: false }), new nn.BatchNorm2d(outputs))
      : null;
  }

  forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu_();
    const outer = this.bn2.forward(this.conv2.forward(inner));
    return outer.add_(this.downsample ? this.downsample.forward(x) : x).relu_();
  }
}

/** ResNet-18, the layers and the order of torchvision's. */
export class ResNet18 extends nn.Module {
  conv1 = new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false });
  bn1 = new nn.BatchNorm2d(64);
  pool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  layers = new nn.Sequential(
    ...[64, 64, 128, 128, 256, 256, 512, 512].map((outputs, index, widths) => {
      const inputs = widths[index - 1] ?? 64;
      return new BasicBlock(inputs, outputs, inputs === outputs ? 1 : 2);
    }),
  );
  fc = new nn.Linear(512, 1000);

  forward(x: Tensor): Tensor {
    const features = this.layers.forward(this.pool.forward(this.bn1.forward(this.conv1.forward(x)).relu_()));
    return this.fc.forward(features.mean([2, 3]));
  }
}
