/**
 * A module that was saved whole, by `torch.save(model)`. Only its class could make it again; its tensors and their names
 * stand in its attributes, which are data.
 */
import { fail } from './error.ts';
import { PickledTensor } from './tensor.ts';
import { mappingOf, type Pickled, Unknown } from './values.ts';

const MAX_MODULES = 200_000;
const MAX_PATH_LENGTH = 2048;

type Named = ReadonlyMap<Pickled, Pickled>;

export interface WholeModule {
  /** Tensors by their names in a state dict. */
  readonly tensors: Named;
  /** Names of those that are buffers. */
  readonly buffers: ReadonlySet<string>;
  /** Names of the classes of its norms, by path. */
  readonly norms: ReadonlyMap<string, string>;
}

/** PyTorch's own classes of norms. RMSNorm is none of those that MMEngine's rules know. */
const NORM =
  /^torch\.nn\.modules\.(?:batchnorm|instancenorm|normalization)\.(BatchNorm\dd|SyncBatchNorm|InstanceNorm\dd|GroupNorm|LayerNorm)$/;

/** Reads the modules of one file; a module that stands in several places is read once, and all together are bounded. */
export class ModuleReader {
  readonly #known = new Map<Unknown, WholeModule>();
  #left = MAX_MODULES;

  /** What a module holds; `undefined` for anything else. */
  read(value: Pickled | undefined): WholeModule | undefined {
    if (!(value instanceof Unknown) || attribute(value, '_modules') === undefined) return undefined;
    const module = this.#known.get(value) ?? this.#walk(value);
    this.#known.set(value, module);
    return module;
  }

  #walk(root: Unknown): WholeModule {
    const tensors = new Map<Pickled, Pickled>();
    const buffers = new Set<string>();
    const norms = new Map<string, string>();
    const stack: { value: Pickled; prefix: string }[] = [{ value: root, prefix: '' }];
    for (let module = stack.pop(); module !== undefined; module = stack.pop()) {
      this.#left--;
      if (this.#left < 0) fail(`it holds more than ${MAX_MODULES} modules`);
      const { value, prefix } = module;
      const norm = value instanceof Unknown ? NORM.exec(value.name)?.[1] : undefined;
      if (norm !== undefined) norms.set(prefix.slice(0, -1), norm);
      for (const [name, tensor] of ownTensors(value, '_parameters')) tensors.set(`${prefix}${nameOf(name)}`, tensor);
      for (const [name, tensor] of ownTensors(value, '_buffers')) {
        tensors.set(`${prefix}${nameOf(name)}`, tensor);
        buffers.add(`${prefix}${nameOf(name)}`);
      }
      const children = [...(attribute(value, '_modules') ?? [])];
      for (const [name, child] of children.reverse()) {
        const below = `${prefix}${nameOf(name)}.`;
        if (below.length > MAX_PATH_LENGTH) fail('a module in it is nested without end');
        if (child !== null) stack.push({ value: child, prefix: below });
      }
    }
    return { tensors, buffers, norms };
  }
}

function* ownTensors(module: Pickled, field: string): Generator<readonly [Pickled, PickledTensor]> {
  for (const [name, tensor] of attribute(module, field) ?? []) {
    if (tensor instanceof PickledTensor) yield [name, tensor];
  }
}

const nameOf = (name: Pickled) => (typeof name === 'string' ? name : fail('a module in it has a name that is no text'));

/** A mapping among the attributes of an object. */
function attribute(value: Pickled, name: string): Named | undefined {
  if (!(value instanceof Unknown)) return undefined;
  return mappingOf(mappingOf(value.state)?.get(name));
}
