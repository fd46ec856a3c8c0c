/** Files → plan. */
import type { ModuleView, OptimizerConfig, ParamPlan } from '@paramwise/core';
import { prepare, prepareMembers, refuseEmpty } from '@paramwise/core/internal';
import { type ConfigFile, loadConfig, type ReadOptions } from './config/load.ts';
import { forMember, hasSeveral, memberConfigs, ofMember } from './members.ts';
import { loadModel, type ModelOptions } from './model/load.ts';
import { refuse } from './refusal.ts';
import { autoScaleNote } from './run-settings.ts';

/** How a model and its config are read. */
export interface PlanOptions extends ReadOptions, ModelOptions {}

export interface Planned {
  readonly plan: ParamPlan;
  readonly model: ModuleView;
  readonly modelName: string;
  readonly config: ConfigFile;
  /** The optimizer as it would be built: its type by the name that it has here, its settings as the constructor leaves them. */
  readonly optimizer: OptimizerConfig;
  /** The constructor that the config names, where it is not known and the default rules stand in for it. */
  readonly unknownConstructor?: string | undefined;
  /** Warnings of the plan for commands that show no others: names that nothing is known of, rates that training changes, which model was taken. */
  readonly mainWarnings: readonly string[];
}

/** A member of a config of several optimizers; of a config of one, its only one. */
export interface PlannedMember extends Planned {
  /** Empty for the only one. */
  readonly name: string;
  /** Path in the model of the module that it trains; empty for the model itself, or for several modules. */
  readonly module: string;
}

/** A config with as many plans as it has optimizers. */
export interface PlannedConfig {
  /** Whether the config is a mapping of members, of which there may be one. */
  readonly isSeveral: boolean;
  readonly members: readonly PlannedMember[];
  readonly modelName: string;
  /** The whole file; that of a member is its own part. */
  readonly config: ConfigFile;
  /** Of the model and the mapping of members; a single optimizer's stand in its plan. */
  readonly warnings: readonly string[];
  /** Those warnings and the main ones of each member, which begin with its name. */
  readonly mainWarnings: readonly string[];
}

/**
 * Plans a model by a config, as building would: what that refuses is refused here, but names that a user may have registered
 * elsewhere, of which the plan warns. What was inferred about the model, and that training scales the rates, stands among the
 * plan's warnings.
 *
 * @throws Refusal for a file that cannot be read, or a config of several optimizers; ConfigError for a config that is refused.
 */
export async function planFiles(modelPath: string, configPath: string, options: PlanOptions = {}): Promise<Planned> {
  const { isSeveral, members } = await planConfig(modelPath, configPath, options);
  if (!isSeveral) return members[0]!;
  const names = members.map(({ name }) => name).join(', ');
  return refuse(`${configPath}: optim_wrapper has several optimizers (${names}); planConfig plans each`);
}

/**
 * Plans a model by a config of one optimizer or several, as `planFiles` does by one of one.
 *
 * @throws Refusal for a file that cannot be read, ConfigError for a config that is refused.
 */
export async function planConfig(
  modelPath: string,
  configPath: string,
  options: PlanOptions = {},
): Promise<PlannedConfig> {
  const config = loadConfig(configPath, options);
  const { root: model, name: modelName, notes, doubts = [] } = await loadModel(modelPath, options);
  const note = autoScaleNote(config);
  const ofRun = note === undefined ? [] : [note];
  const loaded = { model, modelName, config, notes, doubts, ofRun };
  if (hasSeveral(config)) return planMembers(loaded);
  const prepared = prepare(model, config.optim_wrapper, undefined, { unknown: 'warn' });
  const { plan, unknownConstructor, unknownNames } = prepared;
  refuseEmpty(plan);
  const { optimizer } = prepared.config;
  const mainWarnings = [...doubts, ...unknownNames, ...ofRun];
  const warned = { ...plan, warnings: [...notes, ...plan.warnings, ...ofRun] };
  const only = {
    name: '',
    module: '',
    plan: warned,
    model,
    modelName,
    config,
    optimizer,
    unknownConstructor,
    mainWarnings,
  };
  return { isSeveral: false, members: [only], modelName, config, warnings: [], mainWarnings };
}

interface Loaded extends Pick<PlannedConfig, 'modelName' | 'config'> {
  readonly model: ModuleView;
  readonly notes: readonly string[];
  readonly doubts: readonly string[];
  readonly ofRun: readonly string[];
}

function planMembers({ model, modelName, config, notes, doubts, ofRun }: Loaded): PlannedConfig {
  const prepared = prepareMembers(model, config.optim_wrapper, undefined, { unknown: 'warn' });
  const configs = memberConfigs(config);
  const members = prepared.members.map(({ name, module, plan, unknownNames, ...member }): PlannedMember => {
    forMember(config, name, () => refuseEmpty(plan));
    const unknownConstructor = member.unknownConstructor ?? prepared.unknownConstructor;
    const own = { name, module, plan, model: member.model, config: configs.get(name)!, unknownConstructor };
    return { ...own, modelName, optimizer: member.config.optimizer, mainWarnings: unknownNames };
  });
  const main = members.flatMap((member) => ofMember(member.name, member.mainWarnings));
  const { warnings } = prepared;
  return {
    ...{ isSeveral: true, members, modelName, config },
    warnings: [...notes, ...warnings, ...ofRun],
    mainWarnings: [...doubts, ...warnings, ...main, ...ofRun],
  };
}
