/** Settings of parameter groups as a file has them, beside those that are here. */
import { isDeepStrictEqual } from 'node:util';

type Settings = Readonly<Record<string, unknown>>;

/**
 * Every setting that differs, as `lr 0.01 in the file, 0.02 here`. What a schedule moves is compared by where it began, so
 * that a run which is only resumed differs in nothing.
 */
export function differencesOf(theirs: Settings, ours: Settings): string[] {
  const names = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return [...names].flatMap((name) => {
    if (isMemo(name, names)) return [];
    const [saved, here] = [firstValue(theirs, name), firstValue(ours, name)];
    return isDeepStrictEqual(saved, here) ? [] : [`${name} ${textOf(saved)} in the file, ${textOf(here)} here`];
  });
}

/** Whether a setting is what a schedule keeps of another one: `initial_lr` of `lr`. */
function isMemo(name: string, names: ReadonlySet<string>): boolean {
  const of = name.startsWith('initial_') ? name.slice('initial_'.length) : undefined;
  return of !== undefined && (names.has(of) || (of === 'momentum' && names.has('betas')));
}

/** A setting before a schedule moved it; none and null are the same. */
function firstValue(settings: Settings, name: string): unknown {
  const value = settings[name] ?? null;
  // Schedules of momentum move the first of `betas` where there is no momentum.
  if (name === 'betas' && Array.isArray(value) && settings.initial_momentum !== undefined)
    return [settings.initial_momentum, ...value.slice(1)];
  return settings[`initial_${name}`] ?? value;
}

function textOf(value: unknown): string {
  if (value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** At most this many parameters are named. */
const NAMED = 3;

/** Collects what differs, and says equal differences of many parameters once. */
export class Differing {
  readonly #names = new Map<string, string[]>();
  #total = 0;

  add(name: string, differences: readonly string[]): void {
    this.#total += 1;
    for (const text of differences) {
      const names = this.#names.get(text) ?? [];
      names.push(name);
      this.#names.set(text, names);
    }
  }

  /** One text a difference: what all parameters share is said of `prefix`, else names are given under it. */
  list(prefix: string): string[] {
    return [...this.#names].map(([text, names]) => {
      if (names.length === this.#total && this.#total > 1) return `${prefix}: ${text}`;
      const some = names.slice(0, NAMED).map((name) => `${prefix}/${name}`);
      const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
      return `${some.join(', ')}${more}: ${text}`;
    });
  }
}
