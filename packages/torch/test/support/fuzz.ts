/**
 * Calls every operator with arguments drawn at random and prints `survived N`. Run as a process of its own: an operator
 * that reads outside its arguments ends it.
 */
import { appendFileSync } from 'node:fs';
import { callOperator, randn, setNumThreads, tensor, tidy, zeros } from '../../src/index.ts';
import { FUNCTIONS } from '../../src/ops.gen.ts';

const [, , seed = '1', calls = '4', progress = ''] = process.argv;
setNumThreads(1);

/** Numerical recipes' generator: the same calls on every machine. */
let state = Number(seed);
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

const TENSORS = [
  () => randn([2, 3]),
  () => randn([3, 3]),
  () => randn([1, 2, 5, 5]),
  () => randn([4]),
  () => zeros([]),
  () => zeros([0, 3]),
  () => tensor([1, 0, 2], { dtype: 'int64' }),
  () => tensor([[100000000, -1]], { dtype: 'int64' }),
  () => tensor([true, false]),
];
const OTHERS = [
  1,
  0,
  -1,
  2.5,
  1000,
  null,
  true,
  'mean',
  'float32',
  [1, 2],
  [],
  [3, 3],
  [-1, 7],
  {},
  2n ** 53n,
  Number.NaN,
];

const argument = (): unknown =>
  random() < 0.5 ? pick(TENSORS)() : random() < 0.1 ? [randn([2]), randn([2])] : pick(OTHERS);

// These take time by design: a polynomial of degree n, a table of n! rows.
const SLOW = /^(special_.*polynomial|combinations|cartesian_prod)/;

let done = 0;
for (const [, operator] of FUNCTIONS) {
  if (SLOW.test(operator)) continue;
  if (progress) appendFileSync(progress, `${operator}\n`);
  for (let call = 0; call < Number(calls); call++)
    tidy(() => {
      const first = random() < 0.7 ? [pick(TENSORS)()] : [];
      const rest = Array.from({ length: Math.floor(random() * 6) }, argument);
      try {
        callOperator(`aten::${operator}`, ...first, ...rest);
      } catch {
        // A refusal is what wrong arguments deserve.
      }
      done++;
    });
}
process.stdout.write(`survived ${done}\n`);
