/** Signals that ask the launcher to stop. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Milliseconds in which a signal counts once: npm passes on what the terminal has sent to the launcher already. */
const ECHO = 1000;

export interface StopRequests {
  /** The first that came. */
  readonly signal: NodeJS.Signals | undefined;
  /** What is to be done at a request: the first asks, one more is impatient. Replaces what was said before. */
  react(ask: (signal: NodeJS.Signals) => void, insist: () => void): void;
  /** Signals act as usual again. */
  close(): void;
}

export function listenForStop(): StopRequests {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  let ask: (signal: NodeJS.Signals) => void = () => {};
  let insist = () => {};
  const hear = (signal: NodeJS.Signals) => {
    if (first === undefined) {
      first = { signal, at: Date.now() };
      ask(signal);
    } else if (Date.now() - first.at > ECHO) insist();
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    get signal() {
      return first?.signal;
    },
    react(toAsk, toInsist) {
      ask = toAsk;
      insist = toInsist;
    },
    close() {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
