/**
 * Many parameters in one go: where an algorithm's reference expects a tensor it gets a stand-in for a list of them, and
 * each method that it calls becomes one `_foreach_` operator of libtorch, where there is one. A GPU then has far less to
 * start than with every operator for every parameter.
 */
import { callOperator } from '../dispatch.ts';
import { METHODS } from '../ops.gen.ts';
import { Tensor } from '../tensor.ts';
import type { Work } from './state.ts';

/** Elements after which a list takes no more: each intermediate result of a reference is as large as its list. */
const FULL = 2 ** 26;

/**
 * Puts parameters that take the very same step into lists. Their algorithms have a kernel, which knows nothing of a step
 * but its constants: where those are equal, the settings and the moment of one parameter are good for all.
 */
export function listsOf(works: readonly Work[]): Work[][] {
  const lists: Work[][] = [];
  const open = new Map<string, { works: Work[]; elements: number }>();
  for (const work of works) {
    const key = keyOf(work);
    let list = open.get(key);
    if (!list || list.elements >= FULL) {
      list = { works: [], elements: 0 };
      open.set(key, list);
      lists.push(list.works);
    }
    list.works.push(work);
    list.elements += work.param.numel;
  }
  return lists;
}

function keyOf({ param, algorithm, settings, moment }: Work): string {
  const { name, constants } = algorithm.kernel!;
  return [algorithm.name, name(settings), param.dtype, param.device, ...constants(settings, moment)].join(' ');
}

/** The tensors behind a stand-in. */
const members = new WeakMap<object, readonly Tensor[]>();

/**
 * A stand-in for several tensors of one dtype on one device, which has the methods of each: `a.mul_(b)` multiplies every
 * tensor of `a` by the one of `b` at its place. A method that changes its tensor returns the stand-in; any other returns
 * a stand-in for the results. One tensor stands for itself.
 *
 * It throws where anything else is asked of it, such as `shape` or `item()`, which has no one answer.
 */
export function together(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  const standIn = new Proxy({}, { get: (_, name, self) => methodOf(tensors, String(name), self) }) as Tensor;
  members.set(standIn, tensors);
  return standIn;
}

/** Methods of Tensor, and the operator that each calls. */
const operators: ReadonlyMap<string, string> = new Map(METHODS);

function methodOf(tensors: readonly Tensor[], method: string, self: Tensor): (...args: unknown[]) => Tensor {
  const operator = operators.get(method);
  if (!operator) throw noTensor(method);
  return (...args) => {
    const results = callForeach(operator, tensors, args) ?? callEach(method, tensors, args);
    return method.endsWith('_') ? self : together(results);
  };
}

/** Calls of which libtorch said that it has no `_foreach_` operator for them. */
const refused = new Set<string>();

/** How it says so: no such operator, none for these arguments, or none for tensors of this device. Nothing has run then. */
const REFUSAL =
  /there is no operator|no overload takes these|these arguments do not fit|Could not run 'aten::_foreach_/;

/** One call for all tensors, and what it made of each; undefined where there is no operator for it. */
function callForeach(operator: string, tensors: readonly Tensor[], args: readonly unknown[]): Tensor[] | undefined {
  const key = [operator, tensors[0]!.device, ...args.map(kindOf)].join(' ');
  if (refused.has(key)) return undefined;
  const lists = args.map((value) => membersOf(value) ?? value);
  try {
    return (callOperator(`aten::_foreach_${operator}`, tensors, ...lists) ?? []) as Tensor[];
  } catch (error) {
    if (!(error instanceof Error && REFUSAL.test(error.message))) throw error;
    refused.add(key);
    return undefined;
  }
}

/** What the choice of an overload depends on. */
function kindOf(value: unknown): string {
  if (membersOf(value)) return 'list';
  if (value instanceof Tensor) return 'tensor';
  return typeof value === 'object' && value !== null ? Object.keys(value).join() : typeof value;
}

const membersOf = (value: unknown) => members.get(value as object);

/** The method of one tensor after the other. */
function callEach(method: string, tensors: readonly Tensor[], args: readonly unknown[]): Tensor[] {
  return tensors.map((tensor, i) => {
    const own = args.map((value) => membersOf(value)?.[i] ?? value);
    const result = (tensor as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!(...own);
    if (!(result instanceof Tensor)) throw noTensor(method);
    return result;
  });
}

const noTensor = (what: string) =>
  new Error(
    `the reference of an algorithm with a kernel is computed for many tensors at once: it can call methods that give a tensor, not ${what}`,
  );
