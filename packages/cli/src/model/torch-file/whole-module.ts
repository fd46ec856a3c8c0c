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

/** Reads the modules of one file; a module that stands in several places is read once, and all together are bounded. */
export class ModuleReader {
  readonly #known = new Map<Unknown, Named>();
  #left = MAX_MODULES;

  /** The tensors of a module by their names in a state dict; `undefined` for anything else. */
  stateDictOf(value: Pickled | undefined): Named | undefined {
    if (!(value instanceof Unknown) || attribute(value, '_modules') === undefined) return undefined;
    const tensors = this.#known.get(value) ?? this.#read(value);
    this.#known.set(value, tensors);
    return tensors;
  }

  #read(root: Unknown): Named {
    const tensors = new Map<Pickled, Pickled>();
    const stack: { value: Pickled; prefix: string }[] = [{ value: root, prefix: '' }];
    for (let module = stack.pop(); module !== undefined; module = stack.pop()) {
      this.#left--;
      if (this.#left < 0) fail(`it holds more than ${MAX_MODULES} modules`);
      const { value, prefix } = module;
      for (const [name, tensor] of ownTensors(value)) tensors.set(`${prefix}${nameOf(name)}`, tensor);
      const children = [...(attribute(value, '_modules') ?? [])];
      for (const [name, child] of children.reverse()) {
        const below = `${prefix}${nameOf(name)}.`;
        if (below.length > MAX_PATH_LENGTH) fail('a module in it is nested without end');
        if (child !== null) stack.push({ value: child, prefix: below });
      }
    }
    return tensors;
  }
}

function* ownTensors(module: Pickled): Generator<readonly [Pickled, PickledTensor]> {
  for (const field of ['_parameters', '_buffers']) {
    for (const [name, tensor] of attribute(module, field) ?? []) {
      if (tensor instanceof PickledTensor) yield [name, tensor];
    }
  }
}

const nameOf = (name: Pickled) => (typeof name === 'string' ? name : fail('a module in it has a name that is no text'));

/** A mapping among the attributes of an object. */
function attribute(value: Pickled, name: string): Named | undefined {
  if (!(value instanceof Unknown)) return undefined;
  return mappingOf(mappingOf(value.state)?.get(name));
}
