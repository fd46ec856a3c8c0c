/** `describe` for tests that look at a real page. */
import { describe } from 'vitest';
import { findChromium } from './chromium.ts';

/** Taken to be there in CI, so that its tests fail where it is missing. */
export const hasBrowser = findChromium() !== undefined || Boolean(process.env.CI);

/** Where there is no browser the tests are skipped with that reason in their name. */
export function describeBrowser(name: string, body: () => void): void {
  if (hasBrowser) describe(name, body);
  else describe.skip(`${name} (skipped: no Chromium found; npm run setup installs it)`, body);
}
