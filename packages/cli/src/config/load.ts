/** A config file → its `optim_wrapper` and `param_scheduler`, unchecked. */
import { inDefaultScope } from '@paramwise/core/internal';
import { refuse } from '../refusal.ts';
import { MMCV_FIELDS, WHOLE_FIELDS } from './fields.ts';
import { readConfigFile } from './inherit.ts';
import { applyOverrides } from './overrides.ts';
import { packageFolders } from './packages.ts';
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
export function readWhole(path: string, { overrides = [], packages = [] }: ReadOptions): ConfigMapping {
  return applyOverrides(readConfigFile(path, packageFolders(packages)), overrides);
}

/** What the commands take of a config. @throws Refusal where there is no optimizer in it. */
export function configParts(path: string, config: ConfigMapping): ConfigFile {
  if ('optim_wrapper' in config) {
    const { train_cfg, auto_scale_lr, default_scope } = config;
    const optim_wrapper = inDefaultScope(config.optim_wrapper, default_scope);
    const param_scheduler = inDefaultScope(config.param_scheduler ?? undefined, default_scope);
    return { optim_wrapper, param_scheduler, train_cfg, auto_scale_lr };
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

function inMmengine(fields: readonly string[]): string {
  return `a config of MMCV 1: it has ${fields.join(', ')} at the top; in MMEngine: optim_wrapper = dict(optimizer=…), with paramwise_cfg beside optimizer and clip_grad for optimizer_config's grad_clip, and param_scheduler for lr_config`;
}
