/**
 * Who holds a tensor and when it is let go.
 *
 * A tensor made inside `tidy` is released when the scope ends, unless the scope returns it or `keep` was called; one
 * made outside is released by `dispose`, or when the garbage collector finds that nobody refers to it. The collector
 * does not run native finalizers inside a synchronous loop, so a training loop needs `tidy`.
 */
import { countKept, countUnscoped } from './leaks.ts';
import { releaseHandles } from './wire.ts';

/** What every tensor is at bottom: a number that the engine knows it by. */
export class Handle {
  readonly id: number;
  /** True once `keep` was called: scopes leave it alone. */
  kept = false;
  /** True once another holder took the engine's tensor over: this one no longer releases it. */
  taken = false;

  constructor(id: number) {
    this.id = id;
    if (scope) scope.push(this);
    else holdOutside(this);
  }

  /** Releases this holder now. The memory goes when nobody else (a view, autograd) needs it. Twice does nothing. */
  dispose(): void {
    if (this.kept) letGo(this);
    releaseHandles([this.id]);
  }
}

let scope: Handle[] | undefined;

const collected = new FinalizationRegistry<number>((id) => releaseHandles([id]));
const collectedKept = new FinalizationRegistry<number>((id) => {
  countKept(-1);
  releaseHandles([id]);
});

/** No scope has it (any more): the garbage collector may find it. */
function holdOutside(handle: Handle): void {
  if (handle.kept) {
    collectedKept.register(handle, handle.id, handle);
    return;
  }
  collected.register(handle, handle.id, handle);
  countUnscoped();
}

function letGo(handle: Handle): void {
  handle.kept = false;
  collectedKept.unregister(handle);
  countKept(-1);
}

/**
 * Runs `fn` and releases every tensor made inside it, but those that it returns (alone, or anywhere inside an array,
 * a Map or a plain object) and those that were kept. Parameters, buffers and optimizer state are kept by themselves.
 * Scopes nest: what an inner scope returns belongs to the outer one.
 *
 * @throws TypeError when `fn` returns a promise: a scope ends when the function returns, before the promise settles.
 */
export function tidy<T>(fn: () => T): T {
  const outer = scope;
  const inner: Handle[] = [];
  scope = inner;
  let returned: Set<Handle> | undefined;
  try {
    const result = fn();
    if (result instanceof Promise)
      throw new TypeError('tidy(fn): fn returned a promise; make tensors in a synchronous function and await outside');
    returned = handlesIn(result);
    return result;
  } finally {
    scope = outer;
    release(inner, returned, outer);
  }
}

function release(made: Handle[], returned: Set<Handle> | undefined, outer: Handle[] | undefined): void {
  const ids: number[] = [];
  for (const handle of made) {
    if (handle.taken) continue;
    if (!handle.kept && !returned?.has(handle)) ids.push(handle.id);
    else if (outer && !handle.kept) outer.push(handle);
    else holdOutside(handle);
  }
  if (ids.length > 0) releaseHandles(ids);
}

/** Takes a tensor out of every scope: it lives until `dispose` or until nobody refers to it. Returns the tensor. */
export function keep<T extends Handle>(handle: T): T {
  if (handle.kept) return handle;
  handle.kept = true;
  countKept(1);
  if (collected.unregister(handle)) collectedKept.register(handle, handle.id, handle);
  return handle;
}

/** Hands the engine's tensor over to a new holder: `handle` must not be used any more. */
export function takeOver(handle: Handle): number {
  handle.taken = true;
  collected.unregister(handle);
  return handle.id;
}

function handlesIn(value: unknown, found = new Set<Handle>(), seen = new Set<object>()): Set<Handle> | undefined {
  if (value instanceof Handle) return found.add(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return found;
  seen.add(value);
  if (Array.isArray(value) || value instanceof Set) for (const item of value) handlesIn(item, found, seen);
  else if (value instanceof Map) for (const item of value.values()) handlesIn(item, found, seen);
  else if (isPlainObject(value)) for (const item of Object.values(value)) handlesIn(item, found, seen);
  return found;
}

export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
