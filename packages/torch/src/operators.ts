/** Every operator as a method of Tensor and as a function: the names are generated, the call is one. */
import { call, findOperator } from './dispatch.ts';
import { STORAGE } from './dtype.ts';
import { FUNCTIONS, METHODS, type OperatorFunctions } from './ops.gen.ts';
import { Tensor } from './tensor.ts';

/** A function that looks its operator up at the first call: a newer libtorch may lack one that nobody uses. */
function operatorFunction(name: string): (...args: unknown[]) => unknown {
  let id = -1;
  return (...args) => {
    if (id < 0) id = findOperator(`aten::${name}`);
    return call(id, args);
  };
}

function operatorMethod(name: string): (this: Tensor, ...args: unknown[]) => unknown {
  let id = -1;
  return function (...args) {
    if (id < 0) id = findOperator(`aten::${name}`);
    return call(id, [this, ...args]);
  };
}

function withMethods(prototype: object): void {
  for (const [name, operator] of METHODS)
    Object.defineProperty(prototype, name, { value: operatorMethod(operator), writable: true, configurable: true });
}

withMethods(Tensor.prototype);

/** As in PyTorch a device may stand alone, which no schema allows. */
function withDeviceAlone(to: (...args: unknown[]) => unknown): (this: Tensor, ...args: unknown[]) => unknown {
  return function (...args) {
    const [device] = args;
    const alone = args.length === 1 && typeof device === 'string' && !Object.hasOwn(STORAGE, device);
    return to.apply(this, alone ? [{ device }] : args);
  };
}

Tensor.prototype.to = withDeviceAlone(Tensor.prototype.to as () => unknown) as Tensor['to'];

/** Every operator as a function: `ops.matmul(a, b)`. */
export const ops = Object.fromEntries(
  FUNCTIONS.map(([name, operator]) => [name, operatorFunction(operator)]),
) as unknown as OperatorFunctions;
