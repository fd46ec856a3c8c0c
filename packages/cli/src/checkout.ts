/** The checkout that the command may run in, which has scripts of its own. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of `scripts/NAME.mjs` of the checkout; undefined where the package is installed. */
export function checkoutScript(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../scripts/${name}.mjs`, import.meta.url));
  return existsSync(path) ? path : undefined;
}
