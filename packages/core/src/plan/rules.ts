/**
 * The param-wise rules as tables of records. The first record that applies decides, and is itself the reason.
 *
 * Source: MMEngine 0.10's `DefaultOptimWrapperConstructor`.
 */

import type { CustomKeyConfig } from '../config/paramwise-config.ts';
import type { ModuleKind, ParamView } from '../model/model.ts';

/** All that a rule may ask about a parameter. */
export interface ParamFacts {
  readonly name: string;
  /** Dotted name in the model. */
  readonly path: string;
  /** Path of its module. */
  readonly prefix: string;
  /** What custom keys are looked for in: prefix, dot, name; at the root it begins with the dot. */
  readonly searched: string;
  readonly kind: ModuleKind;
  /** Whether its module sits directly in a deformable convolution. */
  readonly isDcnModule: boolean;
  readonly param: ParamView;
}

interface Conditional {
  readonly applies: (facts: ParamFacts) => boolean;
}

export interface Rule extends Conditional {
  readonly field:
    | 'bias_lr_mult'
    | 'dcn_offset_lr_mult'
    | 'norm_decay_mult'
    | 'bias_decay_mult'
    | 'dwconv_decay_mult'
    | 'flat_decay_mult';
  /** Which parameters it is for, to follow "it is". */
  readonly is: string;
}

/** A rule that the config sets, or its constructor. */
export interface ConfiguredRule extends Conditional {
  readonly field: string;
  /** Which parameters it is for, to follow "it is". */
  readonly is: string;
  readonly mult: number;
}

/** A custom key, in the order in which keys are tried. */
export interface CustomKey extends Conditional {
  readonly key: string;
  readonly settings: CustomKeyConfig;
}

const isNorm = ({ kind }: ParamFacts) => kind.type === 'norm';

/** Learning rate. The two exclude each other. */
export const RATE_RULES: readonly Rule[] = [
  {
    field: 'bias_lr_mult',
    is: 'a bias outside norms and deformable convolutions',
    applies: (facts) => facts.name === 'bias' && !isNorm(facts) && !facts.isDcnModule,
  },
  {
    field: 'dcn_offset_lr_mult',
    is: 'in the offset convolution of a deformable convolution',
    applies: ({ isDcnModule, kind, prefix }) => isDcnModule && kind.type === 'conv2d' && prefix.includes('conv_offset'),
  },
];

/** Weight decay. */
export const DECAY_RULES: readonly Rule[] = [
  { field: 'norm_decay_mult', is: 'a parameter of a norm', applies: isNorm },
  {
    field: 'bias_decay_mult',
    is: 'a bias outside deformable convolutions',
    applies: ({ name, isDcnModule }) => name === 'bias' && !isDcnModule,
  },
  {
    field: 'dwconv_decay_mult',
    is: 'in a depth-wise convolution',
    applies: ({ kind }) => kind.type === 'conv2d' && kind.groups === kind.inChannels,
  },
  {
    field: 'flat_decay_mult',
    is: 'one-dimensional and outside deformable convolutions',
    applies: ({ param, isDcnModule }) => param.shape.length === 1 && !isDcnModule,
  },
];

/** Position of the first record that applies, in the order of the table; -1 where none does. */
export function firstMatch(records: readonly Conditional[], facts: ParamFacts): number {
  return records.findIndex((record) => record.applies(facts));
}
