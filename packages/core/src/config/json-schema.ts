/** The JSON Schema of a config file, for editors. Configs are checked by `parseOptimWrapper` and `parseParamScheduler`. */
import * as z from 'zod';
import { batchSchema } from './batch-decay.ts';
import { closed, open } from './check.ts';
import { amp, optimizerSchema, wrapperShape } from './config.ts';
import {
  CONSTRUCTOR_NAMES,
  FORCE_DEFAULT_NAME,
  LAYER_DECAY_NAMES,
  YOLO_NAMES,
  YOLO_WORLD_NAME,
} from './constructor-names.ts';
import { dotted, name, scope } from './fields.ts';
import { MEMBERS_CONSTRUCTORS } from './members.ts';
import { layerDecaySchema, paramwiseSchema } from './paramwise-config.ts';
import { paramSchedulerSchema } from './scheduler-config.ts';
import { KNOWN_WRAPPERS } from './type-names.ts';

/**
 * JSON Schema (draft 2020-12) of a config file with `optim_wrapper` and `param_scheduler`, of one optimizer or several, for
 * editors.
 */
export function configJsonSchema(): Record<string, unknown> {
  const modules = z.union([name, z.array(name).min(1)]).optional();
  const members = z
    .object({ constructor: dotted(...MEMBERS_CONSTRUCTORS).optional(), _scope_: scope })
    .catchall(z.union(wrapperForms({ modules })));
  const config = z.object({
    optim_wrapper: z.union([...wrapperForms({}), members]),
    param_scheduler: z.union([paramSchedulerSchema, z.record(z.string(), paramSchedulerSchema)]).nullish(),
  });
  return { ...z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) };
}

/** A wrapper with each of its types and constructors. */
function wrapperForms(more: Readonly<Record<string, z.ZodType>>): z.ZodType[] {
  const shape = { ...wrapperShape, ...more, optimizer: optimizerSchema.extend({ _scope_: scope }), _scope_: scope };
  const byConstructor = constructorForms().flatMap((fields) => [
    closed({ ...shape, ...fields, type: dotted('OptimWrapper').optional() }),
    closed({ ...shape, ...fields, ...amp, type: dotted('AmpOptimWrapper') }),
  ]);
  return [...byConstructor, open({ ...shape, type: otherThan(KNOWN_WRAPPERS) })];
}

/** What each constructor reads; of one by its path, or of the user's, the fields are not told. */
function constructorForms() {
  const anything = z.record(z.string(), z.unknown()).nullish();
  return [
    { constructor: otherThan(CONSTRUCTOR_NAMES.slice(1)).optional(), paramwise_cfg: paramwiseSchema.nullish() },
    { constructor: z.enum(LAYER_DECAY_NAMES), paramwise_cfg: layerDecaySchema },
    { constructor: z.enum(YOLO_NAMES), paramwise_cfg: batchSchema.nullish() },
    { constructor: z.enum([YOLO_WORLD_NAME, FORCE_DEFAULT_NAME]), paramwise_cfg: anything },
    { constructor: z.string().regex(/\./), paramwise_cfg: anything },
  ];
}

/** A name without a dot that is none of these. */
function otherThan(names: readonly string[]) {
  return name.meta({ not: { pattern: `^(?:.*\\.)?(?:${names.join('|')})$` } });
}
