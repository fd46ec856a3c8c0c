/** Reads the model format `paramwise-model/1`: the module tree of a model, without weights. */
import * as z from 'zod';
import { check, open } from '../config/check.ts';
import { ConfigError, type ConfigPath } from '../config/errors.ts';
import { atLeast } from '../config/fields.ts';
import type { ModuleKind, ModuleView, ParamView } from './model.ts';

/** A parameter of a model file. */
export interface FileParam extends ParamView {
  readonly id: number;
  readonly dtype: string;
}

const id = z.int({ error: 'a whole number' });
const text = z.string({ error: 'a string' });
const size = atLeast(0);
const paramSchema = open({
  name: text,
  id,
  shape: z.array(size, { error: 'a list of sizes' }),
  dtype: text.default('float32'),
  requires_grad: z.boolean({ error: 'true or false' }),
});
const types = z.array(text, { error: 'a list of class names' });
const referenceSchema = open({ id, types: types.optional(), ref: z.literal(true) });
// Children are checked when they are visited, one level at a time: a deep model must not exhaust the stack.
const nodeSchema = open({
  id,
  types,
  params: z.array(paramSchema, { error: 'a list of parameters' }),
  children: z.array(z.tuple([text, z.unknown()], { error: 'a [name, module] pair' }), { error: 'a list of children' }),
  attrs: open({ in_channels: size.optional(), groups: size.optional() }).optional(),
});
const fileSchema = open({
  format: z.literal('paramwise-model/1', { error: '"paramwise-model/1"' }),
  root: z.looseObject({}, { error: 'a module' }),
});

class FileModule implements ModuleView {
  readonly params: (readonly [string, FileParam])[] = [];
  readonly children: (readonly [string, FileModule])[] = [];
  readonly typeNames: readonly string[];
  readonly moduleKind: ModuleKind;

  constructor(typeNames: readonly string[], moduleKind: ModuleKind) {
    this.typeNames = typeNames;
    this.moduleKind = moduleKind;
  }

  ownParams(): Iterable<readonly [string, FileParam]> {
    return this.params;
  }

  ownChildren(): Iterable<readonly [string, FileModule]> {
    return this.children;
  }
}

/**
 * A model file as a module that can be planned.
 *
 * Parameters are `FileParam`s: they keep their `id`, and one id is one object. A module written as `ref: true` is the
 * very module met before under its id.
 *
 * @throws ConfigError where the file is not of this format, with the place in it.
 */
export function readModel(json: unknown): ModuleView {
  const { root } = check(fileSchema, json, ['model']);
  const reader = new Reader();
  const top: Pending = { json: root, path: ['model', 'root'], attach: (module) => result.push(module) };
  const result: FileModule[] = [];
  const stack: Pending[] = [top];
  for (let pending = stack.pop(); pending !== undefined; pending = stack.pop()) {
    stack.push(...reader.read(pending).reverse());
  }
  return result[0]!;
}

interface Pending {
  readonly json: unknown;
  readonly path: LazyPath;
  readonly attach: (module: FileModule) => void;
}

/** A path that costs nothing until an error needs it: deep models would make it quadratic. */
type LazyPath = ConfigPath | { readonly parent: LazyPath; readonly index: number };

function pathOf(path: LazyPath): ConfigPath {
  const indices: number[] = [];
  let at = path;
  while ('parent' in at) {
    indices.push(at.index);
    at = at.parent;
  }
  return [...at, ...indices.reverse().flatMap((index) => ['children', index, 1])];
}

class Reader {
  readonly #modules = new Map<number, FileModule>();
  readonly #params = new Map<number, FileParam>();

  /** Reads one node, hangs it where it belongs, and gives its children to be read next. */
  read({ json, path, attach }: Pending): Pending[] {
    if (isReference(json)) {
      attach(this.#referenced(json, path));
      return [];
    }
    const node = checkAt(nodeSchema, json, path);
    if (this.#modules.has(node.id)) {
      refuse([...pathOf(path), 'id'], `${node.id}, which another module has`, 'an id of its own, or "ref": true');
    }
    const module = new FileModule(node.types, kindOf(node, path));
    this.#modules.set(node.id, module);
    for (const [index, param] of node.params.entries())
      module.params.push([param.name, this.#param(param, path, index)]);
    attach(module);
    return node.children.map(([name, child], index) => ({
      json: child,
      path: { parent: path, index },
      attach: (found) => module.children.push([name, found]),
    }));
  }

  #referenced(json: unknown, path: LazyPath): FileModule {
    const reference = checkAt(referenceSchema, json, path);
    const module = this.#modules.get(reference.id);
    return (
      module ??
      refuse([...pathOf(path), 'id'], `${reference.id}, which no module before it has`, 'the id of a module met before')
    );
  }

  #param(param: z.output<typeof paramSchema>, path: LazyPath, index: number): FileParam {
    const { id, shape, dtype, requires_grad: requiresGrad } = param;
    const known = this.#params.get(id);
    if (known === undefined) {
      const made = { id, shape, dtype, requiresGrad };
      this.#params.set(id, made);
      return made;
    }
    if (String(known.shape) !== String(shape)) {
      refuse(
        [...pathOf(path), 'params', index, 'shape'],
        `[${shape}]`,
        `[${known.shape}], as parameter ${id} had before`,
      );
    }
    return known;
  }
}

function checkAt<S extends z.ZodType>(schema: S, json: unknown, path: LazyPath): z.output<S> {
  const result = schema.safeParse(json);
  return result.success ? result.data : check(schema, json, pathOf(path));
}

function refuse(path: ConfigPath, found: string, allowed: string): never {
  throw new ConfigError([{ code: 'invalid_value', path, found, allowed }]);
}

function isReference(json: unknown): boolean {
  return json !== null && typeof json === 'object' && 'ref' in json && json.ref === true;
}

/** MMEngine's norm layers; LocalResponseNorm and the like have no parameters and are not among them. */
const NORMS = new Set(['_BatchNorm', 'SyncBatchNorm', '_InstanceNorm', 'GroupNorm', 'LayerNorm']);
const DEFORM_CONVS = new Set(['DeformConv2d', 'ModulatedDeformConv2d']);
const EMBEDDINGS = new Set(['Embedding', 'EmbeddingBag']);

function kindOf({ types, attrs }: z.output<typeof nodeSchema>, path: LazyPath): ModuleKind {
  if (types.some((type) => NORMS.has(type))) return { type: 'norm' };
  if (types.some((type) => DEFORM_CONVS.has(type))) return { type: 'deform_conv' };
  if (types.some((type) => EMBEDDINGS.has(type))) return { type: 'embedding' };
  if (types.includes('Linear')) return { type: 'linear' };
  if (!types.includes('Conv2d')) return { type: 'other' };
  const { in_channels: inChannels, groups } = attrs ?? {};
  if (inChannels === undefined || groups === undefined) {
    refuse([...pathOf(path), 'attrs'], 'a Conv2d without them', 'in_channels and groups');
  }
  return { type: 'conv2d', inChannels, groups };
}
