import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fewLabels, measured } from './figure.ts';

it('is the picture in the documentation, and says its numbers without it', () => {
  const drawn = fewLabels(measured);
  expect(readFileSync(join(import.meta.dirname, '../../docs/images/few-labels.svg'), 'utf8')).toBe(drawn);
  for (const { perClass, 'param-wise': ours } of measured)
    expect(drawn).toContain(`${perClass}: param-wise ${ours[0].toFixed(1)} %`);
});
