/** What a command is: a record that says what it takes and does. `program.ts` makes the command line of the records. */
import type { ReadOptions } from './config/load.ts';
import type { PlanOptions } from './planning.ts';
import { refuse } from './refusal.ts';
import type { Paint } from './text/paint.ts';

/** Where a command writes. Data goes to `out`; warnings and refusals to `err`. */
export interface Terminal {
  readonly out: (text: string) => unknown;
  readonly err: (text: string) => unknown;
  /** Colours for `out`; they do nothing where it is no terminal. */
  readonly paint: Paint;
  /** Characters in a line. */
  readonly columns: number;
  /** Shows how far a long work is, on one line of `err` that changes; an empty text clears it. Absent where nobody looks. */
  readonly progress?: ((text: string) => unknown) | undefined;
}

/** Values of arguments and options by name, as the user typed them. A switch is `true`, what can be repeated a list. */
export type Given = Readonly<Record<string, string | true | readonly string[] | undefined>>;

export interface OptionSpec {
  /** As commander writes it: `-o, --output <file>`; without a `<value>` it is a switch. */
  readonly flags: string;
  readonly about: string;
  /** Whether it can be given more than once. */
  readonly repeats?: true;
}

export interface Parameter {
  readonly name: string;
  readonly about: string;
  /** Whether it takes all values that are left, one at least. */
  readonly repeats?: true;
  /** Options that say how it is read. */
  readonly options?: readonly OptionSpec[];
}

export interface Command {
  readonly name: string;
  readonly about: string;
  /** Required, in this order; each can also be given as the option of its name. */
  readonly parameters: readonly Parameter[];
  /** All that stands behind the parameters, options too, is handed on unread. Where it is not named, it is refused. */
  readonly rest?: Parameter;
  readonly options: readonly OptionSpec[];
  /** What to type, and what it does. */
  readonly examples: readonly (readonly [line: string, about: string])[];
  /** @returns the exit code. @throws Refusal or ConfigError for refused input, which is exit code 2. */
  run(given: Given, terminal: Terminal, rest: readonly string[]): Promise<number>;
}

export const JSON_OPTION: OptionSpec = { flags: '--json', about: 'print JSON' };
export const KEY_OPTION: OptionSpec = {
  flags: '--key <key>',
  about: 'which of the mappings in a PyTorch checkpoint is the model, such as ema_state_dict (default: the likeliest)',
};
/** What `readOptions` reads. */
export const CONFIG_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--set <field=value>',
    about: 'change the config, as --cfg-options of MMEngine: optim_wrapper.optimizer.lr=0.01; can be repeated',
    repeats: true,
  },
  {
    flags: '--package <name=folder>',
    about: 'where a Python package is that configs inherit from: mmdet=../mmdetection; can be repeated',
    repeats: true,
  },
];
export const MODEL: Parameter = {
  name: 'model',
  about:
    'paramwise-model/1 (.json, .json.gz), .safetensors or its .index.json, .onnx, .pth/.pt/.ckpt/.tar, or a module that exports a model',
  options: [KEY_OPTION],
};
export const CONFIG: Parameter = {
  name: 'config',
  about: 'MMEngine config: .json, .yaml or .py; a whole file, or its optim_wrapper alone',
  options: CONFIG_OPTIONS,
};

/** How configs are to be read. */
export function readOptions(given: Given): ReadOptions {
  return { overrides: allOf(given, 'set'), packages: allOf(given, 'package') };
}

/** All values of what can be repeated. */
export function allOf(given: Given, name: string): readonly string[] {
  const value = given[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** A value that the command line is known to have. */
export function required(given: Given, name: string): string {
  const value = given[name];
  if (typeof value !== 'string') throw new Error(`internal: ${name} was not checked to be there`);
  return value;
}

/** How a model and its config are to be read. */
export function planOptions(given: Given): PlanOptions {
  const { key } = given;
  return { ...readOptions(given), ...(typeof key === 'string' && { key }) };
}

const MAX_COUNT = 10_000_000;

/** A number of steps, or `undefined` where the option is not given. @param name `epochLength` for `--epoch-length`. */
export function countOf(given: Given, name: string): number | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT) return count;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return refuse(`--${flag} ${String(text)}: give a whole number from 1 to ${MAX_COUNT}`);
}

/** JSON as the commands print it. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
