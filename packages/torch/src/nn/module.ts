/** The base of every layer and network: what it holds is found by looking at its own properties. */
import type { ModuleKind } from '@paramwise/core';
import { noGrad } from '../autograd.ts';
import { type Dtype, isFloatingPoint, STORAGE } from '../dtype.ts';
import { tidy } from '../handle.ts';
import { checkNoSurplus, checkOptions, withDefaults } from '../options.ts';
import type { Tensor } from '../tensor.ts';
import { Buffers, type NamedBuffer } from './buffers.ts';
import { noteModule } from './live-modules.ts';
import { joined, memberNamed, type NamedOptions, namedMembers, namedModules } from './module-walk.ts';
import { Parameter } from './parameter.ts';
import { type LoadResult, loadState, type StateDict } from './state-dict.ts';
import { countToLookAt, lookForUnregistered } from './unregistered.ts';

/** Where and as what to move a module; what is left out stays. */
export interface Placement {
  /** Floating-point parameters and buffers only. */
  dtype?: Dtype;
  device?: string;
}

const NAMED: Required<NamedOptions> = { prefix: '', recurse: true, removeDuplicate: true };

/**
 * A network or a part of one (torch.nn.Module).
 *
 * A property that holds a `Parameter` is a parameter, one that holds a `Module` is a child, in the order in which the
 * properties were first set; what `registerBuffer` was called for is a buffer. Names in the state dict are property
 * names. What arrays and plain objects hold is not registered, and a process warning (`PARAMWISE_MODULE`) says so: use
 * `ModuleList`, `ModuleDict`.
 */
export abstract class Module {
  /** True while training: dropout drops and batch norms measure their batch. Set by `train` and `eval`. */
  training = true;
  readonly #buffers = new Buffers(this);
  #lookedAt = -1;

  /** @throws TypeError for arguments that a layer does not take and hands on */
  constructor(...surplus: never[]) {
    checkNoSurplus(this.constructor.name, surplus);
    noteModule(this, Module.#membersOf);
  }

  static readonly #membersOf = (module: Module) => module.members();

  /** Computes the output. Subclasses say of what. */
  abstract forward(...inputs: never[]): unknown;

  /** What param-wise rules see: `norm`, `conv2d`, `deform_conv`, `embedding`, `linear` or `other`. */
  get moduleKind(): ModuleKind {
    return { type: 'other' };
  }

  /** Class names from the most derived down to `Module`. */
  get typeNames(): readonly string[] {
    const names: string[] = [];
    for (let type = this.constructor; type !== Module; type = Object.getPrototypeOf(type) as typeof type)
      names.push(type.name);
    return [...names, 'Module'];
  }

  /** The settings that `toString` shows in parentheses. Default none. */
  extraRepr(): string {
    return '';
  }

  /** Name and value of everything held, in order. Containers add their items, which are no properties. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /** Names of buffers that old checkpoints lack: when missing they are set to zero and not reported. */
  get optionalState(): readonly string[] {
    return [];
  }

  /**
   * Holds a tensor that belongs to the state but is not trained, as property `name`, and returns it. No scope releases
   * it, nor one that is assigned to the property later; the tensor before is released at the assignment after that.
   *
   * @param values null declares the buffer absent
   * @param options `persistent: false` leaves it out of state dicts. Default true.
   */
  registerBuffer<T extends Tensor | null>(name: string, values: T, options: { persistent?: boolean } = {}): T {
    this.#checkName(name, 'registerBuffer');
    const { persistent } = withDefaults(`${this.constructor.name}.registerBuffer`, { persistent: true }, options);
    this.#buffers.register(name, values, persistent);
    return values;
  }

  /** Holds a parameter as property `name`; null declares it absent. */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.#checkName(name, 'registerParameter');
    if (parameter !== null && !(parameter instanceof Parameter))
      throw new TypeError(`${this.constructor.name}.registerParameter("${name}"): expected a Parameter or null`);
    this.#hold(name, parameter);
  }

  /** Holds a child as property `name`; null declares it absent. */
  registerModule(name: string, module: Module | null): void {
    this.#checkName(name, 'registerModule');
    if (module !== null && !(module instanceof Module))
      throw new TypeError(`${this.constructor.name}.registerModule("${name}"): expected a Module or null`);
    this.#hold(name, module);
  }

  #checkName(name: string, where: string): void {
    const isMethod = typeof (this as unknown as Record<string, unknown>)[name] === 'function';
    if (name === '' || name.includes('.') || name in Module.prototype || isMethod)
      throw new RangeError(
        `${this.constructor.name}.${where}("${name}"): a name is not empty, has no dot and is no method of Module`,
      );
  }

  #hold(name: string, value: unknown): void {
    Object.defineProperty(this, name, { value, enumerable: true, writable: true, configurable: true });
  }

  /** Own parameters, without those of children. */
  ownParams(): [string, Parameter][] {
    return [...this.members()].filter((member): member is [string, Parameter] => member[1] instanceof Parameter);
  }

  /** Own children, without theirs. A child held under two names comes twice. */
  ownChildren(): [string, Module][] {
    const members = [...this.members()];
    this.#look(members);
    return members.filter((member): member is [string, Module] => member[1] instanceof Module);
  }

  /** Warns once of modules in plain arrays; looks again only when properties or items were added since. */
  #look(members: readonly (readonly [string, unknown])[]): void {
    const count = countToLookAt(members);
    if (count === this.#lookedAt) return;
    this.#lookedAt = count;
    lookForUnregistered(this, members, isMember);
  }

  /** Own buffers that are not null. */
  ownBuffers(): NamedBuffer[] {
    return this.#buffers.list();
  }

  /** Every parameter once. */
  parameters(options: { recurse?: boolean } = {}): Parameter[] {
    checkOptions('parameters', { recurse: true }, options);
    return this.namedParameters(options).map(([, parameter]) => parameter);
  }

  /** Every parameter with its dotted path, a module's own before its children's. */
  namedParameters(options: NamedOptions = {}): [string, Parameter][] {
    checkOptions('namedParameters', NAMED, options);
    return namedMembers<Module, Parameter>(this, (module) => module.ownParams(), options);
  }

  buffers(options: { recurse?: boolean } = {}): Tensor[] {
    checkOptions('buffers', { recurse: true }, options);
    return this.namedBuffers(options).map(([, buffer]) => buffer);
  }

  /** Every buffer with its dotted path. */
  namedBuffers(options: NamedOptions = {}): [string, Tensor][] {
    checkOptions('namedBuffers', NAMED, options);
    return namedMembers<Module, Tensor>(
      this,
      (module) => module.ownBuffers().map(({ name, buffer }) => [name, buffer]),
      options,
    );
  }

  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** Direct children, each once. */
  namedChildren(): [string, Module][] {
    const seen = new Set<Module>();
    return this.ownChildren().filter(([, child]) => !seen.has(child) && seen.add(child));
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** This module under `prefix` and everything below it, a module before its children. */
  namedModules(options: Omit<NamedOptions, 'recurse'> = {}): [string, Module][] {
    checkOptions('namedModules', NAMED, options);
    return namedModules<Module>(this, options);
  }

  /**
   * @param path dotted, such as `backbone.stem.weight`
   * @throws RangeError that lists what there is instead
   */
  getParameter(path: string): Parameter {
    const at = path.lastIndexOf('.');
    const module = at < 0 ? this : this.getModule(path.slice(0, at));
    return memberNamed(`getParameter("${path}")`, path.slice(at + 1), module.ownParams(), 'parameter');
  }

  /**
   * @param path dotted, such as `backbone.stem`; empty for this module
   * @throws RangeError that lists what there is instead
   */
  getModule(path: string): Module {
    if (path === '') return this;
    return path
      .split('.')
      .reduce<Module>((module, name) => memberNamed(`getModule("${path}")`, name, module.ownChildren(), 'child'), this);
  }

  /** Switches this module and, by their own `train`, those below it to training. Returns this. */
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }

  /** Switches this module and all below it to evaluation. Returns this. */
  eval(): this {
    return this.train(false);
  }

  /** Switches gradients of all parameters on or off. Returns this. */
  requiresGrad_(wanted = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(wanted);
    return this;
  }

  /** Forgets all gradients; with `setToNone: false` fills them with zeros instead. */
  zeroGrad(setToNone = true): void {
    tidy(() => {
      for (const parameter of this.parameters()) {
        if (setToNone) parameter.grad = null;
        else noGrad(() => parameter.grad?.zero_());
      }
    });
  }

  /** Calls `fn` with every module, children before their parent. Returns this. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Converts and moves parameters, their gradients and buffers, in place. Returns this. */
  to(target: Dtype | Placement | (string & {})): this {
    const { dtype, device } = placement(target);
    tidy(() =>
      noGrad(() => {
        const move = (values: Tensor): Tensor =>
          values.to(device ?? values.device, dtype && isFloatingPoint(values.dtype) ? dtype : values.dtype);
        for (const parameter of this.parameters()) {
          const { grad } = parameter;
          parameter.grad = null;
          parameter.setData(move(parameter));
          if (grad) parameter.grad = move(grad);
        }
        for (const buffer of this.buffers()) buffer.setData(move(buffer));
      }),
    );
    return this;
  }

  /**
   * Parameters and persistent buffers by path, in PyTorch's order and under its names. These are the live tensors, not
   * copies. What is shared stands under each of its paths.
   */
  stateDict(prefix = ''): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules({ prefix, removeDuplicate: false })) {
      for (const [name, parameter] of module.ownParams()) state.set(joined(path, name), parameter);
      for (const { name, buffer, persistent } of module.ownBuffers())
        if (persistent) state.set(joined(path, name), buffer);
    }
    return state;
  }

  /**
   * Copies values into the parameters and buffers of the same names, converting dtype and device. Of the names of a tensor
   * that is shared (tied weights) one is enough.
   *
   * @param options `strict: false` reports names that do not fit instead of throwing. Default true.
   * @throws Error that lists every missing and unexpected name and every shape that differs; nothing is changed then
   */
  loadStateDict(state: StateDict, options: { strict?: boolean } = {}): LoadResult {
    const { strict } = withDefaults(`${this.constructor.name}.loadStateDict`, { strict: true }, options);
    return loadState(this, state, strict);
  }

  /** Releases all parameters and buffers: the module must not be used afterwards. */
  dispose(): void {
    for (const held of [...this.parameters(), ...this.buffers()]) held.dispose();
    for (const module of this.modules()) module.#buffers.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    const own = this.extraRepr();
    const lines = this.ownChildren().map(([name, child]) => `  (${name}): ${String(child).replaceAll('\n', '\n  ')}`);
    const body = lines.length === 0 ? own : `\n${[...(own ? [`  ${own}`] : []), ...lines].join('\n')}\n`;
    return `${this.constructor.name}(${body})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function isMember(value: unknown): value is Module | Parameter {
  return value instanceof Module || value instanceof Parameter;
}

function placement(target: string | Placement): Placement {
  if (typeof target !== 'string') return target;
  return target in STORAGE ? { dtype: target as Dtype } : { device: target };
}
