/** The JSON Schema takes configs of several optimizers as the commands do. */
import { expect, it } from 'vitest';
import * as z from 'zod';
import { configJsonSchema } from '../src/index.ts';

// What is to match no pattern is one pattern here.
const readable = JSON.stringify(configJsonSchema(), (_, value) =>
  value?.not === undefined ? value : { ...value, not: undefined, pattern: `^(?!${value.not.pattern.slice(1)})` },
);
const schema = z.fromJSONSchema(JSON.parse(readable));
// A field of the name `constructor` is a field, whatever every object inherits.
const bare = (config: unknown) =>
  JSON.parse(JSON.stringify(config), (_, value) =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.assign(Object.create(null), value),
  );
const takes = (config: unknown) => schema.safeParse(bare(config)).success;

const optimizer = { type: 'SGD', lr: 0.1 };
const step = { type: 'StepLR', step_size: 2 };

it.each<object>([
  { optim_wrapper: { optimizer }, param_scheduler: [step] },
  { optim_wrapper: { generator: { optimizer }, discriminator: { optimizer, modules: ['a', 'b'] } } },
  {
    optim_wrapper: {
      constructor: 'mmagic.MultiOptimWrapperConstructor',
      generator: { type: 'AmpOptimWrapper', optimizer },
    },
    param_scheduler: { generator: step, discriminator: [step] },
  },
  { optim_wrapper: { generator: { optimizer } }, param_scheduler: null },
])('%j is taken', (config) => {
  expect(takes(config)).toBe(true);
});

it.each<object>([
  { optim_wrapper: { generator: { optimizr: optimizer } } },
  { optim_wrapper: { generator: { optimizer, accumulative_count: 2 } } },
  { optim_wrapper: { optimizer, modules: 'a' } },
  { optim_wrapper: { generator: { optimizer } }, param_scheduler: { generator: { type: 'StepLR', step_sise: 2 } } },
])('%j is not', (config) => {
  expect(takes(config)).toBe(false);
});
