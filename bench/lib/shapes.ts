/** Names and shapes of all parameters of three known networks, in torchvision's order. */

/** A parameter: its path and its shape. */
export type NamedShape = readonly [name: string, shape: readonly number[]];

const affine = (name: string, size: number): NamedShape[] => [
  [`${name}.weight`, [size]],
  [`${name}.bias`, [size]],
];

const linear = (name: string, inputs: number, outputs: number): NamedShape[] => [
  [`${name}.weight`, [outputs, inputs]],
  [`${name}.bias`, [outputs]],
];

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

function vitBlock(name: string, width: number): NamedShape[] {
  return [
    ...affine(`${name}.ln_1`, width),
    [`${name}.self_attention.in_proj_weight`, [3 * width, width]],
    [`${name}.self_attention.in_proj_bias`, [3 * width]],
    ...linear(`${name}.self_attention.out_proj`, width, width),
    ...affine(`${name}.ln_2`, width),
    ...linear(`${name}.mlp.0`, width, 4 * width),
    ...linear(`${name}.mlp.3`, 4 * width, width),
  ];
}

/** ViT-B/16: 152 parameters, 86.6 million elements. */
export function vitB16(): NamedShape[] {
  const width = 768;
  return [
    ['class_token', [1, 1, width]],
    ['conv_proj.weight', [width, 3, 16, 16]],
    ['conv_proj.bias', [width]],
    ['encoder.pos_embedding', [1, 197, width]],
    ...range(12).flatMap((index) => vitBlock(`encoder.layers.encoder_layer_${index}`, width)),
    ...affine('encoder.ln', width),
    ...linear('heads.head', width, 1000),
  ];
}

function bottleneck(name: string, inputs: number, width: number, isFirst: boolean): NamedShape[] {
  const outputs = 4 * width;
  const shortcut: NamedShape[] = [
    [`${name}.downsample.0.weight`, [outputs, inputs, 1, 1]],
    ...affine(`${name}.downsample.1`, outputs),
  ];
  return [
    [`${name}.conv1.weight`, [width, inputs, 1, 1]],
    ...affine(`${name}.bn1`, width),
    [`${name}.conv2.weight`, [width, width, 3, 3]],
    ...affine(`${name}.bn2`, width),
    [`${name}.conv3.weight`, [outputs, width, 1, 1]],
    ...affine(`${name}.bn3`, outputs),
    ...(isFirst ? shortcut : []),
  ];
}

/** ResNet-50: 161 parameters, 25.6 million elements. */
export function resNet50(): NamedShape[] {
  const stages = [3, 4, 6, 3].flatMap((blocks, stage) => {
    const width = 64 * 2 ** stage;
    const before = stage === 0 ? 64 : 2 * width;
    return range(blocks).flatMap((index) =>
      bottleneck(`layer${stage + 1}.${index}`, index === 0 ? before : 4 * width, width, index === 0),
    );
  });
  return [['conv1.weight', [64, 3, 7, 7]], ...affine('bn1', 64), ...stages, ...linear('fc', 2048, 1000)];
}

function swinBlock(name: string, width: number): NamedShape[] {
  return [
    ...affine(`${name}.norm1`, width),
    [`${name}.attn.relative_position_bias_table`, [169, width / 32]],
    ...linear(`${name}.attn.qkv`, width, 3 * width),
    ...linear(`${name}.attn.proj`, width, width),
    ...affine(`${name}.norm2`, width),
    ...linear(`${name}.mlp.0`, width, 4 * width),
    ...linear(`${name}.mlp.3`, 4 * width, width),
  ];
}

/** Swin-T: 173 parameters, 28.3 million elements. */
export function swinT(): NamedShape[] {
  const stages = [2, 2, 6, 2].flatMap((blocks, stage): NamedShape[] => {
    const width = 96 * 2 ** stage;
    const body = range(blocks).flatMap((index) => swinBlock(`features.${2 * stage + 1}.${index}`, width));
    if (stage === 3) return body;
    const merge = `features.${2 * stage + 2}`;
    return [...body, [`${merge}.reduction.weight`, [2 * width, 4 * width]], ...affine(`${merge}.norm`, 4 * width)];
  });
  return [
    ['features.0.0.weight', [96, 3, 4, 4]],
    ['features.0.0.bias', [96]],
    ...affine('features.0.2', 96),
    ...stages,
    ...affine('norm', 768),
    ...linear('head', 768, 1000),
  ];
}

/** Whether Muon is meant for a parameter: the matrices inside the network, not embeddings, tables and the head. */
export function isHiddenMatrix([name, shape]: NamedShape): boolean {
  return shape.length === 2 && !name.startsWith('head') && !name.endsWith('_table');
}

export const elementsOf = (shapes: readonly NamedShape[]): number =>
  shapes.reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0);
