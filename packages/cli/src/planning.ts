/** Files → plan. */
import type { ModuleView, ParamPlan } from '@paramwise/core';
import { prepare, refuseEmpty } from '@paramwise/core/internal';
import { type ConfigFile, loadConfig, type ReadOptions } from './config/load.ts';
import { loadModel } from './model/load.ts';
import { autoScaleNote } from './run-settings.ts';

export interface Planned {
  readonly plan: ParamPlan;
  readonly model: ModuleView;
  readonly modelName: string;
  readonly config: ConfigFile;
  /** The constructor that the config names, where it is not known and the default rules stand in for it. */
  readonly unknownConstructor?: string | undefined;
  /** Warnings of the plan for commands that show no others: names that nothing is known of, rates that training changes. */
  readonly mainWarnings: readonly string[];
}

/**
 * Plans a model by a config, as building would: what that refuses is refused here, but names that a user may have registered
 * elsewhere, of which the plan warns. What was inferred about the model, and that training scales the rates, stands among the
 * plan's warnings.
 *
 * @throws Refusal for a file that cannot be read, ConfigError for a config that is refused.
 */
export async function planFiles(modelPath: string, configPath: string, options: ReadOptions = {}): Promise<Planned> {
  const config = loadConfig(configPath, options);
  const { root: model, name: modelName, notes } = await loadModel(modelPath);
  const { plan, unknownConstructor, unknownNames } = prepare(model, config.optim_wrapper, undefined, {
    unknown: 'warn',
  });
  refuseEmpty(plan);
  const note = autoScaleNote(config);
  const ofRun = note === undefined ? [] : [note];
  return {
    plan: { ...plan, warnings: [...notes, ...plan.warnings, ...ofRun] },
    model,
    modelName,
    config,
    unknownConstructor,
    mainWarnings: [...unknownNames, ...ofRun],
  };
}
