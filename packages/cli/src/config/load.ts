/** A config file → its `optim_wrapper` and `param_scheduler`, unchecked. */
import { refuse } from '../refusal.ts';
import { readConfigFile } from './inherit.ts';
import { applyOverrides } from './overrides.ts';
import type { ConfigMapping } from './python-values.ts';

/** The parts of a config that this command is about. `core` checks them. */
export interface ConfigFile {
  readonly optim_wrapper: unknown;
  readonly param_scheduler: unknown;
  /** The loop of MMEngine's runner, which says how long the run is. */
  readonly train_cfg?: unknown;
  readonly auto_scale_lr?: unknown;
}

/** What the command line adds to a config. */
export interface ReadOptions {
  /** `field=value`, over what the file says. Default: none. */
  readonly overrides?: readonly string[];
  /** `NAME=FOLDER`: where Python packages are that the config inherits from. Default: none. */
  readonly packages?: readonly string[];
}

/**
 * Reads a config file.
 *
 * The file may hold a whole config, of which `optim_wrapper` and `param_scheduler` are taken, or the optimizer wrapper alone.
 *
 * @throws Refusal where it cannot be read.
 */
export function loadConfig(path: string, options: ReadOptions = {}): ConfigFile {
  return configParts(path, readWhole(path, options));
}

/** The whole content of a config file. @throws Refusal where it cannot be read. */
export function readWhole(path: string, { overrides = [] }: ReadOptions): ConfigMapping {
  return applyOverrides(readConfigFile(path), overrides);
}

/** What the commands take of a config. @throws Refusal where there is no optimizer in it. */
export function configParts(path: string, config: ConfigMapping): ConfigFile {
  if ('optim_wrapper' in config) {
    const { optim_wrapper, train_cfg, auto_scale_lr } = config;
    return { optim_wrapper, param_scheduler: config.param_scheduler ?? undefined, train_cfg, auto_scale_lr };
  }
  const old = MMCV_FIELDS.filter((field) => field in config);
  if (old.length > 0) return refuse(`${path}: ${inMmengine(['optimizer', ...old].filter((field) => field in config))}`);
  const beside = WHOLE_FIELDS.filter((field) => field in config);
  if ('optimizer' in config && beside.length > 0) {
    const where = `optimizer stands at the top, beside ${beside.join(' and ')}`;
    return refuse(`${path}: ${where}: write optim_wrapper = dict(optimizer=…)`);
  }
  if ('optimizer' in config) return { optim_wrapper: config, param_scheduler: undefined };
  return refuse(`${path}: there is neither an optim_wrapper nor an optimizer in it`);
}

/** Fields of MMCV 1, which a file for MMEngine has not. */
const MMCV_FIELDS = [
  'lr_config',
  'optimizer_config',
  'momentum_config',
  'runner',
  'checkpoint_config',
  'total_epochs',
] as const;

/** Fields of a whole config, which stand beside an optim_wrapper. */
const WHOLE_FIELDS = ['param_scheduler', 'train_cfg'] as const;

function inMmengine(fields: readonly string[]): string {
  return `a config of MMCV 1: it has ${fields.join(', ')} at the top; in MMEngine: optim_wrapper = dict(optimizer=…), with paramwise_cfg beside optimizer and clip_grad for optimizer_config's grad_clip, and param_scheduler for lr_config`;
}
