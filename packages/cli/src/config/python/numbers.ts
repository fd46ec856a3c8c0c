/** Python's arithmetic. Sources: the Python reference, "Binary arithmetic operations"; CPython's float division. */
import { checkBits } from './budget.ts';
import { Unreadable } from './values.ts';

type Num = bigint | number;

const bitsOf = (value: bigint) => value.toString(2).length;

/** `a op b`. An int and a float give a float, `/` always does. @throws Unreadable, TooMuch */
export function calculate(operator: string, a: Num, b: Num): Num {
  if (['/', '//', '%'].includes(operator) && Number(b) === 0) throw new Unreadable('division by zero');
  const result =
    typeof a === 'bigint' && typeof b === 'bigint' ? ofInts(operator, a, b) : ofFloats(operator, Number(a), Number(b));
  if (result === undefined) throw new Unreadable(`"${operator}" is not read between such numbers`);
  if (typeof result === 'bigint') checkBits(bitsOf(result));
  else if (!Number.isFinite(result) && Number.isFinite(Number(a)) && Number.isFinite(Number(b))) {
    throw new Unreadable(`the result of "${operator}" is no finite number`);
  }
  return result;
}

function ofInts(operator: string, a: bigint, b: bigint): Num | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return Number(a) / Number(b);
    case '//':
      return (a - modulo(a, b)) / b;
    case '%':
      return modulo(a, b);
    case '**':
      return b < 0n ? floatPower(Number(a), Number(b)) : intPower(a, b);
    case '<<':
      checkBits(Number(b));
      return b < 0n ? undefined : a << b;
    case '>>':
      return b < 0n ? undefined : a >> (b > 5000n ? 5000n : b);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    default:
      return undefined;
  }
}

function ofFloats(operator: string, a: number, b: number): number | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return floorDivide(a, b);
    case '%':
      return floatModulo(a, b);
    case '**':
      return a === 0 && b < 0 ? Number.POSITIVE_INFINITY : floatPower(a, b);
    default:
      return undefined;
  }
}

/** The sign is that of the divisor. */
function modulo(a: bigint, b: bigint): bigint {
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

function floatModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a: number, b: number): number {
  const quotient = (a - floatModulo(a, b)) / b;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function intPower(a: bigint, b: bigint): bigint {
  if (a === 0n || a === 1n) return b === 0n ? 1n : a;
  if (a === -1n) return b % 2n === 0n ? 1n : -1n;
  checkBits((bitsOf(a < 0n ? -a : a) - 1) * Number(b));
  return a ** b;
}

/** Powers by small whole numbers are rounded once, as the C library does; V8's own are off by a bit at times. */
function floatPower(a: number, b: number): number {
  if (b === 0.5 && a >= 0) return Math.sqrt(a);
  if (!Number.isInteger(b) || Math.abs(b) > 64 || a === 0 || !Number.isFinite(a)) return a ** b;
  const [mantissa, exponent] = split(a);
  const times = BigInt(Math.abs(b));
  const power = mantissa ** times;
  const scale = exponent * Number(times);
  const exact = b >= 0 ? Number(power) * 2 ** scale : inverse(power) * 2 ** -scale;
  const isPlain = Math.abs(exact) > 1e-290 && Number.isFinite(exact) && Math.abs(scale) < 900;
  return isPlain ? exact : a ** b;
}

/** A float as whole number × power of two. */
function split(value: number): [mantissa: bigint, exponent: number] {
  let [mantissa, exponent] = [value, 0];
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  return [BigInt(mantissa), exponent];
}

/** 1 / value, rounded once: the last bit of the quotient stands for all that follow. */
function inverse(value: bigint): number {
  const shift = BigInt(bitsOf(value) + 80);
  const quotient = (1n << shift) / value;
  return Number(quotient | 1n) * 2 ** -Number(shift);
}

/** `round(value, digits)`: halves go to the even side. */
export function roundTo(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 22 || Math.abs(value) >= 1e21) return value;
  if (digits < 0) return Number(fixedText(value * 10 ** digits, 0)) / 10 ** digits;
  return Number(fixedText(value, digits));
}

/** With so many digits after the point, rounded from the exact value; halves go to the even side. */
export function fixedText(value: number, digits: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21)
    throw new Unreadable(`${value} with ${digits} digits is not read`);
  if (!isHalfway(value, digits)) return value.toFixed(digits);
  // Halfway is exact in binary, and so is what is added: the digit before decides.
  const low = Math.floor(value * 10 ** digits);
  return ((low % 2 === 0 ? low : low + 1) / 10 ** digits).toFixed(digits);
}

/** Whether the exact value lies in the middle between two that have so many digits. */
function isHalfway(value: number, digits: number): boolean {
  const [mantissa, exponent] = split(value);
  if (exponent >= 0 || exponent < -60) return false;
  const unit = 1n << BigInt(-exponent);
  return ((mantissa * 10n ** BigInt(digits)) % unit) * 2n === (value < 0 ? -unit : unit);
}
