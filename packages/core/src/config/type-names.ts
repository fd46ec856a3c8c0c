/**
 * Names of classes as configs write them, down to the names that are registered here.
 *
 * Looked through are the scope of a registry (`mmdet.QuadraticWarmupLR`, or `_scope_` in the same mapping) and the path of a
 * class (`torch.optim.adamw.AdamW`, `mmengine.optim.LinearLR`), which is what MMEngine writes for a class that was imported.
 */
import { findAlgorithmInfo } from '../optimizers/table.ts';
import { isMapping } from './check.ts';
import { CONSTRUCTOR_NAMES } from './constructor-names.ts';

/** The mark that MMEngine puts beside a `type` from another library's config. */
const SCOPE = '_scope_';

/** MMEngine and the libraries on it: what they have under the name of something here is that, or stands in `VARIANTS`. */
const LIBRARIES: ReadonlySet<string> = new Set([
  'mmengine',
  ...[
    'mmaction',
    'mmagic',
    'mmcls',
    'mmdet',
    'mmdet3d',
    'mmedit',
    'mmflow',
    'mmocr',
    'mmpose',
    'mmpretrain',
    'mmrazor',
  ],
  ...['mmrotate', 'mmseg', 'mmselfsup', 'mmtrack', 'mmyolo', 'xtuner', 'yolo_world'],
]);

/** Classes that are others than the ones that go by these names without a scope. */
const VARIANTS: ReadonlySet<string> = new Set(['mmpose.ConstantLR', 'mmpose.LayerDecayOptimWrapperConstructor']);

/** Modules of `torch.optim` that hold no optimizers. */
const NO_OPTIMIZERS: readonly (string | undefined)[] = ['lr_scheduler', 'swa_utils'];

/** The name under which MMEngine registers what is `Adafactor` in `torch.optim` and here. */
const ALIASES: ReadonlyMap<string, string> = new Map([['TorchAdafactor', 'Adafactor']]);

/** What tells whether a name stands for something. */
export interface Names {
  has(name: string): boolean;
}

/** Names that users registered, by what they name. */
export interface RegisteredNames {
  readonly optimizers?: Names;
  readonly wrappers?: Names;
  readonly constructors?: Names;
}

/**
 * The name of a class without scope and path, where it is known without them; as it is otherwise.
 *
 * @param scope what `_scope_` says beside it.
 * @param known the names that are built in.
 * @param registered those of the user, which come first as they are.
 */
export function typeName(found: string, scope: string | undefined, known: Names, registered?: Names): string {
  if (registered?.has(found) === true && scope === undefined) return found;
  const last = lastPart(found);
  const library = last === found ? scope : libraryOf(found);
  if (library === undefined && last !== found) return found;
  const variant = `${library}.${last}`;
  if (VARIANTS.has(variant)) return variant;
  const name = ALIASES.get(last) ?? last;
  return known.has(name) || registered?.has(name) === true ? name : found;
}

/**
 * A config, one mapping, a list of them or one of several optimizers, whose names say the library that they are of, where
 * MMEngine would look them up there first and find another class than without.
 *
 * @param scope the `default_scope` of the file.
 */
export function inDefaultScope(config: unknown, scope: unknown): unknown {
  if (typeof scope !== 'string') return config;
  if (Array.isArray(config)) return config.map((each: unknown) => inDefaultScope(each, scope));
  if (!isMapping(config)) return config;
  const named = ['type', 'constructor'].flatMap((field) => {
    const variant = `${scope}.${String(Object.hasOwn(config, field) ? config[field] : undefined)}`;
    return VARIANTS.has(variant) && config[SCOPE] === undefined ? [[field, variant] as const] : [];
  });
  if (named.length > 0) return { ...config, ...Object.fromEntries(named) };
  const isOne = Object.hasOwn(config, 'type') || Object.hasOwn(config, 'optimizer');
  if (isOne) return config;
  return Object.fromEntries(Object.entries(config).map(([name, member]) => [name, inDefaultScope(member, scope)]));
}

/** `torch.optim.AdamW` → `AdamW` */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The library that a path begins in; `undefined` for one that may hold anything. */
function libraryOf(path: string): string | undefined {
  const [root, module, inner] = path.split('.');
  if (root === 'torch') return module === 'optim' && !NO_OPTIMIZERS.includes(inner) ? root : undefined;
  // Where MMEngine has this optimizer from.
  if (root === 'lion_pytorch') return root;
  return root !== undefined && LIBRARIES.has(root) ? root : undefined;
}

/** A copy without the mark, and what it said. */
export function withoutScope(config: Readonly<Record<string, unknown>>): {
  readonly fields: Record<string, unknown>;
  readonly scope: string | undefined;
} {
  const { [SCOPE]: scope, ...fields } = config;
  if (typeof scope !== 'string' && scope !== undefined && scope !== null)
    return { fields: { ...config }, scope: undefined };
  return { fields, scope: typeof scope === 'string' ? scope : undefined };
}

const BUILT_IN = {
  optimizers: { has: (name: string) => name === SHARDED || findAlgorithmInfo(name) !== undefined },
  wrappers: { has: (name: string) => KNOWN_WRAPPERS.includes(name) },
  constructors: { has: (name: string) => CONSTRUCTOR_NAMES.includes(name) },
} as const satisfies Required<RegisteredNames>;

/** The optimizer that keeps its state in shares, under MMEngine's and PyTorch's name; its `optimizer_type` says which it is. */
export const SHARDED = 'ZeroRedundancyOptimizer';

/** Wrappers that every engine is to have. */
export const KNOWN_WRAPPERS: readonly string[] = ['OptimWrapper', 'AmpOptimWrapper'];

/** An `optim_wrapper` with plain names and without marks. Whatever is wrong with it stays, to be refused. */
export function readWrapperNames(
  config: Readonly<Record<string, unknown>>,
  registered: RegisteredNames,
): Record<string, unknown> {
  const { fields, scope } = withoutScope(config);
  rename(fields, 'type', scope, 'wrappers', registered);
  rename(fields, 'constructor', scope, 'constructors', registered);
  for (const [field, value] of Object.entries(fields)) {
    if (!isMapping(value)) continue;
    const inner = withoutScope(value);
    if (field === 'optimizer') {
      for (const named of ['type', 'optimizer_type'])
        rename(inner.fields, named, inner.scope, 'optimizers', registered);
    }
    fields[field] = inner.fields;
  }
  return fields;
}

function rename(
  fields: Record<string, unknown>,
  field: string,
  scope: string | undefined,
  kind: keyof RegisteredNames,
  registered: RegisteredNames,
): void {
  const name = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof name === 'string') fields[field] = typeName(name, scope, BUILT_IN[kind], registered[kind]);
}
