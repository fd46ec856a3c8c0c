/** What the names of a config stand for, and what becomes of those that nothing is known of. */
import { type ConfigPath, type Issue, nearestName } from '../config/errors.ts';
import { KNOWN_WRAPPERS, lastPart } from '../config/type-names.ts';
import type { AlgorithmInfo } from '../optimizers/algorithm.ts';
import { ALGORITHMS, findAlgorithmInfo } from '../optimizers/table.ts';
import type { Registries } from '../registry.ts';

/** What becomes of a name that a user may have registered elsewhere. One that is nearly a known name is refused in any case. */
export type UnknownNames = 'refuse' | 'warn';

/** What the names of optimizers and wrappers stand for. */
export type EngineRegistries = Pick<Registries, 'optimizers' | 'wrappers'>;

const TRANSFORMERS =
  'an optimizer of torch.optim: Adafactor is another there than in transformers, with other settings and other steps';

/** Looks the names of a config up, and collects what is to be said of those that are not known. */
export class NameCheck {
  readonly issues: Issue[] = [];
  readonly warnings: string[] = [];
  readonly #registries: EngineRegistries;
  readonly #unknown: UnknownNames;

  constructor(registries: EngineRegistries, unknown: UnknownNames) {
    this.#registries = registries;
    this.#unknown = unknown;
  }

  /** The algorithm of an optimizer's name; `undefined` for one that is not known, or whose settings its user alone knows. */
  optimizer(name: string, path: ConfigPath): AlgorithmInfo | undefined {
    const { optimizers } = this.#registries;
    if (optimizers.has(name)) return optimizers.get(name)!.algorithm;
    const known = findAlgorithmInfo(name);
    if (known !== undefined) return known;
    const { what } = optimizers;
    const replacement = REPLACED_OPTIMIZERS.get(name) ?? REPLACED_OPTIMIZERS.get(lastPart(name));
    if (replacement !== undefined) return this.#replaced(name, path, replacement);
    this.#missing({ what, found: name, path }, optimizers.names(), ALGORITHM_NAMES, PLANNED);
    return undefined;
  }

  /** The algorithm that a group may name, which LBFGS is not. */
  algorithm(name: string, path: ConfigPath): AlgorithmInfo | undefined {
    // An engine knows algorithms by their own names, and neither `torch.SGD` nor what an optimizer is registered as.
    const found = [this.#registries.optimizers.get(name)?.algorithm, findAlgorithmInfo(name)];
    const known = found.find((info) => info?.name === name);
    if (known !== undefined && !stepsAlone(known)) return known;
    const names = ALGORITHMS.filter((info) => !stepsAlone(info)).map((info) => info.name);
    if (known === undefined) this.#missing({ what: 'algorithm', found: name, path }, names, names, PLANNED);
    else this.issues.push({ code: 'unknown_name', path, what: 'algorithm', found: name, allowed: names });
    return undefined;
  }

  wrapper(name: string, path: ConfigPath): void {
    const { wrappers } = this.#registries;
    if (wrappers.has(name) || KNOWN_WRAPPERS.includes(name)) return;
    const replacement = REPLACED_WRAPPERS.get(lastPart(name));
    const found = { what: wrappers.what, found: name, path };
    if (replacement === undefined || this.#unknown === 'warn') {
      this.#missing(found, wrappers.names(), KNOWN_WRAPPERS, 'its groups are planned all the same');
    } else this.#replaced(name, path, replacement);
  }

  #replaced(name: string, path: ConfigPath, allowed: string): undefined {
    this.issues.push({ code: 'invalid_value', path, found: JSON.stringify(name), allowed });
  }

  #missing(
    { what, found, path }: { what: string; found: string; path: ConfigPath },
    registered: readonly string[],
    known: readonly string[],
    then: string,
  ): void {
    if (this.#unknown === 'warn' && !isMisspelt(found, [...registered, ...known])) {
      this.warnings.push(`no ${what} named ${JSON.stringify(found)} is known here; ${then}`);
      return;
    }
    const isNear = nearestName(found, registered) !== undefined;
    const allowed = isNear ? registered : [...new Set([...registered, ...known])];
    this.issues.push({ code: 'unknown_name', path, what, found, allowed });
  }
}

/** Wrappers that no engine has: why, and what to use instead. */
const REPLACED_WRAPPERS = new Map([
  [
    'ApexOptimWrapper',
    'a wrapper that needs no NVIDIA Apex: use AmpOptimWrapper, which does the same (opt_level O1 is dtype: "float16", loss_scale: "dynamic")',
  ],
  [
    'DeepSpeedOptimWrapper',
    'a wrapper that needs no DeepSpeed, which is Python and shards for itself: use OptimWrapper, or AmpOptimWrapper for half types',
  ],
  [
    'ColossalAIOptimWrapper',
    'a wrapper that needs no Colossal-AI, which is Python and shards for itself: use OptimWrapper, or AmpOptimWrapper for half types',
  ],
]);

/** Optimizers that no engine has. */
const REPLACED_OPTIMIZERS = new Map([
  ['ZeroOptimizer', 'an optimizer that keeps its whole state: name the one that it shards as type'],
  ['HybridAdam', 'an optimizer that is no part of Colossal-AI: AdamW, or Adam with adamw_mode: false'],
  ['DeepSpeedCPUAdam', 'an optimizer that is no part of DeepSpeed: AdamW, or Adam with adamw_mode: false'],
  ['FusedAdam', 'an optimizer that is no part of DeepSpeed or Apex: AdamW, or Adam with adam_w_mode: false'],
  ['transformers.Adafactor', TRANSFORMERS],
  ['transformers.optimization.Adafactor', TRANSFORMERS],
]);
/** Whether it looks at all parameters before it steps one, so that a group of another optimizer cannot name it. */
const stepsAlone = ({ together, readsAll }: AlgorithmInfo) => together === true || readsAll === true;
const ALGORITHM_NAMES = ALGORITHMS.map(({ name }) => name);
const PLANNED = 'planned by the default rules, with its settings unchecked';

/** Optimizers that others have, whose names are near those of ours. */
const OF_OTHERS: readonly string[] = ['Adan', 'AdamP', 'SGDP', 'SGDW', 'Adai', 'RAdamW', 'NAdamW', 'AdamG', 'MADGRAD'];

/** Whether a name is so near a known one that it is hardly another's: an edit, two in a longer one, and more than a word before or behind. */
export function isMisspelt(name: string, known: readonly string[]): boolean {
  if (OF_OTHERS.includes(name)) return false;
  const nearest = nearestName(name, known, name.length < 6 ? 1 : 2);
  if (nearest === undefined) return false;
  return !(name.length > nearest.length + 1 && name.toLowerCase().includes(nearest.toLowerCase()));
}
