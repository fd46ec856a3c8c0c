/** What a config holds → what is wrong or odd about it. */
import {
  buildParamScheduler,
  ConfigError,
  type GroupSettings,
  type Issue,
  type ModuleView,
  OPTIM_WRAPPER_CONSTRUCTORS,
  parseOptimWrapper,
  readModel,
} from '@paramwise/core';
import { prepare, prepareMembers } from '@paramwise/core/internal';
import type { Given } from '../command.ts';
import type { ConfigFile } from '../config/load.ts';
import { placeholderLeft } from '../config/placeholders.ts';
import { forMember, hasSeveral, memberConfigs, ofMember } from '../members.ts';
import { Refusal, reasonOf } from '../refusal.ts';
import { autoScaleNote, COUNTS_UPDATES, runSettings } from '../run-settings.ts';
import { configuredGroups, optimizerSettings, plannedGroups } from '../schedule-groups.ts';
import { lineOf, namesIn } from './place.ts';
import type { Level, Problem, RuleName } from './problem.ts';

/** Notes what is found in one file. */
interface Notes {
  add(rule: RuleName, level: Level, message: string, names?: readonly PropertyKey[]): void;
  /** All issues of a refused config, or the reason of a refusal. @throws the error where it is neither. */
  refused(error: unknown, names: readonly PropertyKey[]): void;
  readonly run: Given;
}

/** What the parts of a config are inspected with. */
interface Beside {
  readonly path: string;
  /** Of the file, to find lines in. */
  readonly text: string;
  readonly model: ModuleView | undefined;
  readonly run: Given;
}

/** Everything that is found in the parts of a config. */
export function inspectParts(config: ConfigFile, { path, text, model, run }: Beside): Problem[] {
  const problems: Problem[] = [];
  const add: Notes['add'] = (rule, level, message, names = namesIn(message)) => {
    problems.push({ rule, level, message, file: path, line: lineOf(text, names) });
  };
  const refused: Notes['refused'] = (error, names) => {
    if (error instanceof ConfigError) for (const issue of error.issues) addIssue(issue, add);
    else if (error instanceof Refusal || error instanceof TypeError || error instanceof RangeError) {
      add('invalid-config', 'error', reasonOf(error), names);
    } else throw error;
  };
  inspectPlaceholders(config, text, add);
  if (hasSeveral(config)) inspectMembers(config, { add, refused, run }, model);
  else inspectMember(config, { add, refused, run }, model);
  const note = autoScaleNote(config);
  if (note !== undefined) add('run', 'note', note, ['auto_scale_lr']);
  return problems;
}

function addIssue(issue: Issue, add: Notes['add']): void {
  const isIdle = issue.code === 'unknown_field' && issue.path.includes('paramwise_cfg');
  const message = new ConfigError([issue]).message;
  if (isIdle) add('unknown-field', 'warning', message, issue.path);
  else add('invalid-config', 'error', message, issue.path);
}

/** Each of several optimizers, by its own part of the model; what is found begins with its name. */
function inspectMembers(config: ConfigFile, { add, refused, run }: Notes, model?: ModuleView): void {
  try {
    const own =
      model === undefined ? [] : prepareMembers(model, config.optim_wrapper, undefined, { unknown: 'warn' }).members;
    const models = new Map(own.map((member) => [member.name, member.model]));
    for (const [name, part] of memberConfigs(config)) {
      const notes: Notes = {
        add: (rule, level, message, ...names) => add(rule, level, ofMember(name, [message])[0]!, ...names),
        refused: (error, names) => refused(underName(config, name, error), names),
        run,
      };
      inspectMember(part, notes, models.get(name));
    }
  } catch (error) {
    refused(error, ['optim_wrapper']);
  }
}

function underName(config: ConfigFile, name: string, error: unknown): unknown {
  try {
    return forMember(config, name, () => {
      throw error;
    });
  } catch (named) {
    return named;
  }
}

function inspectMember(config: ConfigFile, { add, refused, run }: Notes, model?: ModuleView): void {
  let groups: readonly GroupSettings[] = [];
  try {
    if (config.optim_wrapper !== undefined) groups = inspectWrapper(config, add, model);
  } catch (error) {
    refused(error, ['optim_wrapper']);
  }
  try {
    if (config.param_scheduler !== undefined) inspectSchedules(config, groups, { add, run });
  } catch (error) {
    refused(error, ['param_scheduler']);
  }
}

/** @returns settings of the distinct groups, as far as they are known. */
function inspectWrapper(config: ConfigFile, add: Notes['add'], model?: ModuleView): GroupSettings[] {
  const { optim_wrapper: wrapper } = config;
  const { constructor: maker, optimizer, paramwise_cfg } = parseOptimWrapper(wrapper);
  const addNames = (warnings: readonly string[]) => {
    for (const warning of warnings) add('unknown-name', 'warning', warning, ['optim_wrapper', nameIn(warning)]);
  };
  if (model !== undefined) {
    const { plan, unknownNames } = prepare(model, wrapper, undefined, { unknown: 'warn' });
    addNames(unknownNames);
    for (const warning of plan.warnings) {
      if (!unknownNames.includes(warning)) add(planRule(warning), 'warning', warning);
    }
    return plannedGroups(plan, config).map(({ settings }) => settings);
  }
  if (maker === 'DefaultOptimWrapperConstructor') {
    const { groups, warnings } = configuredGroups(config);
    addNames(warnings);
    return groups.map(({ settings }) => settings);
  }
  if (OPTIM_WRAPPER_CONSTRUCTORS.has(maker)) {
    const optim_wrapper_cfg = { ...Object(wrapper), paramwise_cfg: undefined };
    OPTIM_WRAPPER_CONSTRUCTORS.build({ type: maker, optim_wrapper_cfg, paramwise_cfg: paramwise_cfg ?? null });
  } else addNames(prepare(ONE_PARAMETER, wrapper, undefined, { unknown: 'warn', shapes: 'any' }).unknownNames);
  return [{ ...optimizerSettings(config), ...optimizer }];
}

const nameIn = (warning: string) => /"([^"]+)"/.exec(warning)?.[1] ?? '';

const ONE_PARAMETER = readModel({
  format: 'paramwise-model/1',
  name: 'config',
  root: {
    id: 0,
    types: ['Module'],
    params: [{ name: 'weight', id: 0, shape: [2, 2], requires_grad: true }],
    children: [],
  },
});

/** The rule of a warning of a plan. */
function planRule(warning: string): RuleName {
  return /^custom_keys\b.* matches no parameter/.test(warning) ? 'unmatched-key' : 'plan';
}

/** A length that only conversion asks for; it is told by nothing in a config. */
const ANY_EPOCH_LENGTH = '1000';

function inspectSchedules(
  config: ConfigFile,
  groups: readonly GroupSettings[],
  { add, run: given }: Pick<Notes, 'add' | 'run'>,
): void {
  const { run } = runSettings({ ...given, epochLength: given.epochLength ?? ANY_EPOCH_LENGTH }, config);
  const known = groups.filter(({ lr }) => typeof lr === 'number');
  const paramGroups = (known.length === 0 ? [{ lr: 1, momentum: 0.9, weight_decay: 0 }] : known).map((group) => ({
    ...group,
  }));
  const warnings = new Set<string>();
  buildParamScheduler({ paramGroups, defaults: optimizerSettings(config) }, config.param_scheduler, {
    ...run,
    onWarning: (warning) => warnings.add(warning),
  });
  for (const warning of warnings) {
    if (warning.startsWith(COUNTS_UPDATES)) continue;
    const rule = /breaks the ratio between/.test(warning) ? 'ratio-lost' : 'schedule';
    add(rule, 'warning', warning, ['param_scheduler', warning.slice(0, Math.max(0, warning.indexOf(':')))]);
  }
}

const QUOTED_BASE = /(["'])\{\{\s*_base_\.[\w.]+\s*\}\}\1/;

function inspectPlaceholders(config: ConfigFile, text: string, add: Notes['add']): void {
  const quoted = QUOTED_BASE.exec(text);
  if (quoted !== null) {
    const message = `${quoted[0]} is the value of the base here, and no value in MMEngine; write it without quotes`;
    add('placeholder', 'warning', message, [quoted[0]]);
  }
  const stack: unknown[] = [config];
  const said = new Set<string>();
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    const left = typeof value === 'string' ? placeholderLeft(value) : undefined;
    if (left !== undefined && !said.has(left)) {
      said.add(left);
      add('placeholder', 'warning', left, [String(value)]);
    }
    if (value !== null && typeof value === 'object')
      stack.push(...Object.values(value).filter((item) => item !== undefined));
  }
}
