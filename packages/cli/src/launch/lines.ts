/** Output of several processes on one terminal: whole lines, each with the rank that wrote it. */

/** A line is passed on in pieces from here on, so that one without an end takes no memory. */
const LONGEST = 65_536;

export interface LineWriter {
  write(text: string): void;
  /** Writes what is left, with the line end that it lacks. */
  end(): void;
}

/** Puts `prefix` before each line. Carriage returns of progress bars begin a line too. */
export function prefixLines(prefix: string, out: (text: string) => unknown): LineWriter {
  let rest = '';
  const emit = (line: string) => out(`${prefix}${line}\n`);
  return {
    write(text) {
      const lines = (rest + text).split(/\r?\n|\r(?!$)/);
      rest = lines.pop()!;
      lines.forEach(emit);
      if (rest.length < LONGEST) return;
      emit(rest);
      rest = '';
    },
    end() {
      if (rest !== '') emit(rest.replace(/\r$/, ''));
      rest = '';
    },
  };
}
