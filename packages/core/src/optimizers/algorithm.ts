/** What an optimization algorithm is, as data that every engine can read: its settings, its state, its numbers. */
import type { Rule } from './rules.ts';

/** Settings of a parameter group as the optimizer reads them; fields it does not know are carried along untouched. */
export type Settings = { [setting: string]: unknown };

/** Numbers that an algorithm keeps for a parameter, by PyTorch's names. */
export type Scalars = Readonly<Record<string, number>>;

/** What a kernel's constants depend on besides the settings. */
export interface Moment {
  /** Number of this step of the parameter, from 1. */
  readonly step: number;
  /** As the step before left them. */
  readonly scalars: Scalars;
  /** True when the state tensors were made just now. */
  readonly fresh: boolean;
}

/** A loop that steps element by element. */
export interface Kernel {
  /** Its name for these settings. */
  readonly name: (settings: Settings) => string;
  /** The numbers that it takes for one tensor, in its own order. */
  readonly constants: (settings: Settings, moment: Moment) => readonly number[];
}

/** A state tensor: a number fills one of the parameter's shape and dtype; a shape makes zeros of that shape. */
export type Slot = number | readonly number[];

/** State tensors by PyTorch's names and in its order. */
export type Slots = Readonly<Record<string, Slot>>;

/**
 * One algorithm, without the tensors that it computes with: an engine adds those. The formula and its source stand above
 * each record.
 *
 * State is named here once: stepping, saving, loading and disposing all walk `slots` and `scalars`.
 */
export interface AlgorithmInfo {
  /** As in `torch.optim` and in a config's `type`. */
  readonly name: string;
  /** Every setting with its default, spelled as in PyTorch. */
  readonly defaults: Settings;
  /** What each setting may hold. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Combinations of settings that make no sense; the text says what is needed. */
  readonly conflict?: (settings: Settings) => string | undefined;
  /** Why it cannot step a parameter of this shape, and what can: "found …; allowed is …". */
  readonly refuses?: (shape: readonly number[], settings: Settings) => { found: string; allowed: string } | undefined;
  /** Sparse gradients: refused (default), taken as dense ones with zeros, or demanded. */
  readonly sparse?: 'refused' | 'densified' | 'demanded';
  /**
   * State tensors of a parameter. Asked in each step, so best a constant; declare `shape` only where they depend on it,
   * as it is read from the tensor for those that do.
   */
  readonly slots: (settings: Settings, shape: readonly number[]) => Slots;
  /** Names that a state may hold beyond these: slots that other settings need. A state with any other name is refused. */
  readonly mayHold?: readonly string[];
  /** State numbers besides `step`: first values, and what a step makes of them. */
  readonly scalars?: {
    readonly first: (settings: Settings) => Scalars;
    readonly next: (settings: Settings, moment: Moment) => Scalars;
  };
  /** False where PyTorch's state has no `step`. Default true. */
  readonly savesStep?: boolean;
  /** True where PyTorch makes the state with the optimizer, not at the first gradient. Default false. */
  readonly eager?: boolean;
  /** True where all parameters are stepped together, so that a group of another optimizer cannot name it. Default false. */
  readonly together?: boolean;
  /** True where a step reads all gradients before it changes a parameter; a group of another optimizer cannot name it. */
  readonly readsAll?: boolean;
  /** For the element-wise algorithms. */
  readonly kernel?: Kernel;
}

/** State tensors of the parameter's shape that begin as zeros. */
export function zeroSlots(...names: readonly string[]): Slots {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

/** A checked setting as a number; flags become 1 and 0. */
export function numberOf(settings: Settings, name: string): number {
  return Number(settings[name]);
}

/** A checked pair such as `betas`. */
export function pairOf(settings: Settings, name = 'betas'): readonly [number, number] {
  return settings[name] as [number, number];
}

/** -1 to maximize, 1 to minimize: what gradients are multiplied by. */
export function signOf(settings: Settings): number {
  return settings.maximize ? -1 : 1;
}

/**
 * The two ways of weight decay: `l2` is added to the gradient as l2·θ, or the parameter is multiplied by
 * `keep` = 1 - lr·weight_decay where it is decoupled.
 */
export function decayOf(settings: Settings, decoupled = Boolean(settings.decoupled_weight_decay)) {
  const decay = numberOf(settings, 'weight_decay');
  return decoupled ? { l2: 0, keep: 1 - numberOf(settings, 'lr') * decay } : { l2: decay, keep: 1 };
}

/** 1 - βᵗ: what a running average that began with 0 is divided by. */
export function biasCorrection(beta: number, step: number): number {
  return 1 - beta ** step;
}
