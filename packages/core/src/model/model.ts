/** What a model must show so that its parameters can be planned, and the order they are visited in. */

/** A parameter. It is identified by the object itself: the same object in two places is one parameter. */
export interface ParamView {
  readonly shape: readonly number[];
  readonly requiresGrad: boolean;
  /** Says whether it is to get a gradient. Called by a builder, for parameters that the config freezes. */
  requiresGrad_?(wanted: boolean): unknown;
}

/** What rules ask of a module's type. A subclass is of its parent's kind. */
export type ModuleKind =
  /** Batch, sync-batch, instance, group or layer norm. */
  | { readonly type: 'norm' }
  | { readonly type: 'conv2d'; readonly inChannels: number; readonly groups: number }
  /** Deformable convolution, modulated or not. */
  | { readonly type: 'deform_conv' }
  /** A table of learned rows, looked up one by one or in bags. */
  | { readonly type: 'embedding' }
  /** An affine map of the last dimension. */
  | { readonly type: 'linear' }
  | { readonly type: 'other' };

/** A module: its own parameters and its children, each in registration order. */
export interface ModuleView {
  readonly moduleKind: ModuleKind;
  /** Class names from the most derived down. */
  readonly typeNames?: readonly string[];
  ownParams(): Iterable<readonly [string, ParamView]>;
  ownChildren(): Iterable<readonly [string, ModuleView]>;
}

/** A module on its way through the walk. */
export interface VisitedModule {
  readonly module: ModuleView;
  /** Dotted path from the root, which has the empty one. */
  readonly prefix: string;
  /** Whether its parent is a deformable convolution. */
  readonly isDcnModule: boolean;
}

/** Own parameters of a module, one that it holds under two names only under the first. */
export function distinctParams(module: ModuleView): Iterable<readonly [string, ParamView]> {
  return distinct([...module.ownParams()]);
}

/** Children of a module, one that it holds under two names only under the first, each with what it is to be visited as. */
export function childModules({ module, prefix }: Pick<VisitedModule, 'module' | 'prefix'>): VisitedModule[] {
  const isDcnModule = module.moduleKind.type === 'deform_conv';
  return distinct([...module.ownChildren()]).map(([name, child]) => ({
    module: child,
    prefix: joinPath(prefix, name),
    isDcnModule,
  }));
}

function distinct<V>(pairs: readonly (readonly [string, V])[]): readonly (readonly [string, V])[] {
  if (pairs.length < 2) return pairs;
  const seen = new Set<V>();
  return pairs.filter(([, value]) => !seen.has(value) && seen.add(value));
}

export function joinPath(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/**
 * Every module depth first, a module before its children. A module that stands in two parents is visited in both, as
 * its parameters are then met in both.
 */
export function* walkModules(root: ModuleView): Generator<VisitedModule> {
  // A stack of its own, so that nesting is not bounded by the call stack.
  const stack: VisitedModule[] = [{ module: root, prefix: '', isDcnModule: false }];
  for (let visited = stack.pop(); visited !== undefined; visited = stack.pop()) {
    yield visited;
    for (const child of childModules(visited).reverse()) stack.push(child);
  }
}

/** Every parameter once, by the first path it is met under. */
export function* walkDistinctParams(root: ModuleView): Generator<readonly [string, ParamView]> {
  const seen = new Set<ParamView>();
  for (const { module, prefix } of walkModules(root)) {
    for (const [name, param] of module.ownParams()) {
      if (seen.has(param)) continue;
      seen.add(param);
      yield [joinPath(prefix, name), param];
    }
  }
}

/** Number of scalars in a parameter. */
export function elementCount({ shape }: ParamView): number {
  return shape.reduce((product, size) => product * size, 1);
}
