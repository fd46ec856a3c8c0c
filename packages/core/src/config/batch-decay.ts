/**
 * Weight decay that grows with the batch, as the YOLO constructors have it.
 *
 *     total = batch_size_per_gpu × world_size
 *     factor = total × max(round(base_total_batch_size / total), 1) / base_total_batch_size
 *
 * A small batch is taken to be accumulated up to `base_total_batch_size`, so only a large one scales. The reference asks
 * torch.distributed for the number of processes, which is not known when a plan is made: `world_size` says it.
 *
 * Source: MMYOLO 0.6's YOLOv5OptimizerConstructor; ultralytics' YOLOv5.
 */
import * as z from 'zod';
import { check, closed } from './check.ts';
import type { OptimizerConfig } from './config.ts';
import { ConfigError, type ConfigPath, describeValue } from './errors.ts';
import { count, flag, positive } from './fields.ts';

const batchShape = {
  /** The batch that `weight_decay` is for, over all processes. */
  base_total_batch_size: positive,
  /** Processes that train together, each with `batch_size_per_gpu`; 1 where not given. Ours: others ignore it. */
  world_size: count.nullish(),
};
/** `paramwise_cfg` of the constructors that read nothing else. */
export const batchSchema = closed({ ...batchShape, strict: flag.nullish() });
/** Fields beside those of the default constructor. */
export const BATCH_FIELDS: readonly string[] = Object.keys(batchShape);

export interface BatchConfig {
  readonly base_total_batch_size: number;
  readonly world_size?: number | null | undefined;
}

/** A checked `paramwise_cfg` of a constructor that reads nothing else. @throws ConfigError with every problem found. */
export function parseBatch(config: unknown, root: ConfigPath = ['paramwise_cfg']): BatchConfig {
  return config === undefined || config === null
    ? { base_total_batch_size: DEFAULT_BATCH }
    : check(batchSchema, config, root);
}

const DEFAULT_BATCH = 64;
const looseSchema = z.object({ ...batchShape, base_total_batch_size: positive.default(DEFAULT_BATCH) });

/** These fields of a `paramwise_cfg` that may have others. @throws ConfigError with every problem found. */
export function readBatch(config: object, root: ConfigPath = ['paramwise_cfg']): BatchConfig {
  return check(looseSchema, config, root);
}

export interface ScaledOptimizer {
  /** Without `batch_size_per_gpu`, and with the decay for this batch. */
  readonly optimizer: OptimizerConfig;
  /** How the decay came about; `undefined` where it is as given. */
  readonly reason: string | undefined;
  readonly warnings: readonly string[];
}

/** The optimizer's config for this batch. @throws ConfigError for a `batch_size_per_gpu` that is none. */
export function scaleDecay(
  given: OptimizerConfig,
  { base_total_batch_size: base, world_size }: BatchConfig,
): ScaledOptimizer {
  const { batch_size_per_gpu: size, ...optimizer } = given;
  if (size === undefined || size === null) return { optimizer, reason: undefined, warnings: [] };
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) {
    const path = ['optim_wrapper', 'optimizer', 'batch_size_per_gpu'];
    const allowed = 'a whole number from 1 up';
    throw new ConfigError([{ code: 'invalid_value', path, found: describeValue(size), allowed }]);
  }
  const world = world_size ?? 1;
  const total = size * world;
  const warnings = world_size === undefined || world_size === null ? [unknownWorld(size, base)] : [];
  const factor = (total * Math.max(roundHalfEven(base / total), 1)) / base;
  if (factor === 1) return { optimizer, reason: undefined, warnings };
  const decay = optimizer.weight_decay ?? 0;
  const weight_decay = decay * factor;
  const reason = `weight_decay ${weight_decay} = ${decay} × ${factor}, for ${size} items × ${world} processes (base_total_batch_size ${base})`;
  return { optimizer: { ...optimizer, weight_decay }, reason, warnings };
}

function unknownWorld(size: number, base: number): string {
  return `weight_decay is for one process of ${size} items: say world_size in paramwise_cfg where there are more, as the decay grows with the batch (base_total_batch_size ${base})`;
}

/** As Python rounds. */
function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}
