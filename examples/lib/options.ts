/** What the options of the examples share. */

/**
 * A whole number that an option gives.
 *
 * @throws Error where it is none, or below `least`
 */
export function wholeNumber(name: string, given: string | undefined, preset: number, least: number): number {
  const value = Number(given ?? preset);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name}: expected a whole number from ${least} up, found ${given}`);
}

/** What was asked for; ends the process where that was help, which `read` gives `undefined` for, or nonsense. */
export function orEnd<T>(read: () => T | undefined, usage: string): T {
  try {
    const options = read();
    if (options !== undefined) return options;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
}
