/** What `paramwise check` finds in a file, and the rules by which it does. */

import type { Given } from '../command.ts';
import type { ReadOptions } from '../config/load.ts';

export type Level = 'error' | 'warning' | 'note';

/** The rules, with what each is about. Their names stand in reports of code hosts. */
export const RULES = {
  unreadable: 'The file cannot be read as a config',
  'invalid-config': 'Building from the config is refused',
  'unknown-field': 'A field of paramwise_cfg that nothing reads',
  'unknown-name': 'A constructor, optimizer or wrapper that is not known',
  'unmatched-key': 'A custom key that matches no parameter of the model',
  plan: 'The plan of the model is odd',
  schedule: 'A schedule does not do what it says',
  'ratio-lost': 'A schedule breaks the ratio between groups',
  placeholder: 'A placeholder that MMEngine does not fill in',
  run: 'The run changes what the config says',
} as const;
export type RuleName = keyof typeof RULES;

export interface Problem {
  readonly rule: RuleName;
  readonly level: Level;
  readonly message: string;
  /** The file at fault, which may be a base of the one that was checked. */
  readonly file: string;
  /** From 1; 1 where it is not known. */
  readonly line: number;
}

/**
 * `config`: it has an optimizer or schedules, of its own or inherited. `fragment`: a file to inherit from, or one that has
 * neither. `other`: nothing in it looks like a config.
 */
export type FileKind = 'config' | 'fragment' | 'other';

/** One file, checked. */
export interface Inspection {
  readonly path: string;
  readonly kind: FileKind;
  readonly problems: readonly Problem[];
  /** Files that its text names as what it inherits from. */
  readonly bases: readonly string[];
  /** What was read, where that was asked for. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

/** How files are checked. Plain data, which a thread can be given. */
export interface CheckOptions extends ReadOptions {
  /** A model file to plan by. */
  readonly model?: string | undefined;
  /** Which mapping of a PyTorch checkpoint that model is. Default: the likeliest. */
  readonly key?: string | undefined;
  /** Options of the command that say how long the run is, which come before what a config says. Default: none. */
  readonly run?: Given;
  /** Whether what was read is to be told. */
  readonly values: boolean;
}
