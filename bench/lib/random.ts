/** Numbers for rivals that cannot make ours. */

/** Values spread evenly over [-bound, bound] by a small fixed generator (Park & Miller, 1988). */
export function uniform(count: number, bound: number, seed = 1): Float32Array {
  const values = new Float32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (state * 48271) % 2147483647;
    values[i] = bound * ((2 * state) / 2147483647 - 1);
  }
  return values;
}

export const MLP_SIZES = [784, 1024, 1024, 10] as const;
