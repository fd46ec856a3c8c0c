/** Colour, where there is a terminal to show it; and names that cannot steer that terminal. */
import picocolors from 'picocolors';

const STYLES = ['bold', 'dim', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const;

export type Paint = Readonly<Record<(typeof STYLES)[number], (text: string) => string>>;

/** @param isTerminal without one, and with `NO_COLOR` in the environment, every style leaves its text as it is. */
export function makePaint(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const colors = picocolors.createColors(isTerminal && !environment.NO_COLOR);
  return Object.fromEntries(STYLES.map((style) => [style, colors[style]])) as Paint;
}

/** A name from a file with its control characters written out: escape sequences in it must not reach the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}
