/** What a reader has chosen; views subscribe and draw themselves anew. */
import type { Mode, Theme } from './colours.ts';

export interface State {
  readonly theme: Theme;
  readonly mode: Mode;
  readonly query: string;
  /** Classes of the legend to which the page is narrowed; all where there is none. */
  readonly chosen: ReadonlySet<number>;
  /** The row whose reasons are shown; -1 for none. */
  readonly selected: number;
}

export interface Store {
  get(): State;
  set(change: Partial<State>): void;
  /** Calls back after every change of one of these fields, and once at once. */
  watch(fields: readonly (keyof State)[], draw: (state: State) => void): void;
}

export function makeStore(initial: State): Store {
  let state = initial;
  const watchers: ((before: State) => void)[] = [];
  return {
    get: () => state,
    set(change) {
      const before = state;
      state = { ...state, ...change };
      for (const watcher of watchers) watcher(before);
    },
    watch(fields, draw) {
      watchers.push((before) => {
        if (fields.some((field) => before[field] !== state[field])) draw(state);
      });
      draw(state);
    },
  };
}
