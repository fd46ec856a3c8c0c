/** Files → plan. */
import { type ModuleView, type ParamPlan, planParamGroups } from '@paramwise/core';
import { type ConfigFile, loadConfig } from './config/load.ts';
import { loadModel } from './model/load.ts';

export interface Planned {
  readonly plan: ParamPlan;
  readonly model: ModuleView;
  readonly modelName: string;
  readonly config: ConfigFile;
}

/**
 * Plans a model by a config. What was inferred about the model stands among the plan's warnings.
 *
 * @throws Refusal for a file that cannot be read, ConfigError for a config that is refused.
 */
export async function planFiles(modelPath: string, configPath: string): Promise<Planned> {
  const config = loadConfig(configPath);
  const { root: model, name: modelName, notes } = await loadModel(modelPath);
  const plan = planParamGroups(model, config.optim_wrapper);
  return { plan: { ...plan, warnings: [...notes, ...plan.warnings] }, model, modelName, config };
}
