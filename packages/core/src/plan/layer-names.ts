/**
 * Where in a backbone a parameter is, read off its name: the names that ViT, Swin and ConvNeXt have in torchvision, in
 * timm, and in MMPretrain and MMDetection.
 */

/** Stages and blocks count from 0. A down-sampling stands before the stage that it is named for. */
export type Place =
  | { readonly part: 'stem' }
  | { readonly part: 'block'; readonly stage: number; readonly block: number }
  | { readonly part: 'downsample'; readonly stage: number };

type Family = 'ViT' | 'Swin' | 'ConvNeXt';

export interface Naming {
  readonly family: Family;
  /** Some parameter's name matches this in a model of this naming, and in no other that is likely. */
  readonly sign: RegExp;
  /** Embeddings, tokens and the first convolution. */
  readonly stem: RegExp;
  /** With the groups `stage` (none in ViT) and `block`. */
  readonly block: RegExp;
  /** With the group `stage`. */
  readonly downsample?: RegExp;
  /** From the number in a name to the stage; the number itself where not given. */
  readonly stageOf?: (number: number) => number;
}

/** In torchvision's `features`, 0 is the stem, odd ones are stages, and the even ones between lead to the next. */
const TORCHVISION_STAGES = {
  block: /^features\.(?<stage>\d*[13579])\.(?<block>\d+)\./,
  downsample: /^features\.(?<stage>\d*[02468])\./,
  stem: /^features\.0\./,
  stageOf: (number: number) => Math.floor(number / 2),
};

const NAMINGS: readonly Naming[] = [
  {
    family: 'ViT',
    sign: /^encoder\.layers\.encoder_layer_\d+\./,
    stem: /^(class_token$|conv_proj\.|encoder\.pos_embedding$)/,
    block: /^encoder\.layers\.encoder_layer_(?<block>\d+)\./,
  },
  {
    family: 'ViT',
    sign: /^(blocks|layers)\.\d+\.(attn|norm1|ln1)\./,
    stem: /^((cls|mask|dist|reg)_token|register_tokens|pos_embed|patch_embed)\b/,
    block: /^(blocks|layers)\.(?<block>\d+)\./,
  },
  { family: 'Swin', sign: /^features\.\d+\.\d+\.attn\./, ...TORCHVISION_STAGES },
  {
    family: 'Swin',
    sign: /^(stages|layers)\.\d+\.blocks\.\d+\.attn\./,
    stem: /^(patch_embed|absolute_pos_embed|mask_token)\b/,
    block: /^(stages|layers)\.(?<stage>\d+)\.blocks\.(?<block>\d+)\./,
    downsample: /^(stages|layers)\.(?<stage>\d+)\.downsample\./,
  },
  { family: 'ConvNeXt', sign: /^features\.\d+\.\d+\.layer_scale$/, ...TORCHVISION_STAGES },
  {
    family: 'ConvNeXt',
    sign: /^downsample_layers\.0\./,
    stem: /^downsample_layers\.0\./,
    block: /^stages\.(?<stage>\d+)\.(?<block>\d+)\./,
    downsample: /^downsample_layers\.(?<stage>\d+)\./,
  },
  {
    family: 'ConvNeXt',
    sign: /^stages\.\d+\.blocks\.\d+\.conv_dw\./,
    stem: /^stem\./,
    block: /^stages\.(?<stage>\d+)\.blocks\.(?<block>\d+)\./,
    downsample: /^stages\.(?<stage>\d+)\.downsample\./,
  },
];

/** The naming that these parameters follow; `undefined` where it is none of ours. */
export function recogniseNaming(names: readonly string[]): Naming | undefined {
  return NAMINGS.find(({ sign }) => names.some((name) => sign.test(name)));
}

/** Where a parameter is; `undefined` for what follows the last block. */
export function placeOf(
  { stem, block, downsample, stageOf = (number) => number }: Naming,
  name: string,
): Place | undefined {
  if (stem.test(name)) return { part: 'stem' };
  const inBlock = block.exec(name)?.groups;
  if (inBlock !== undefined) {
    return { part: 'block', stage: stageOf(Number(inBlock.stage ?? 0)), block: Number(inBlock.block) };
  }
  const between = downsample?.exec(name)?.groups;
  return between === undefined ? undefined : { part: 'downsample', stage: stageOf(Number(between.stage)) };
}
