#!/usr/bin/env node
// Not the built file itself: npm links a command at installation, which is before the build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('paramwise is not built yet; run `npm run setup` in the checkout\n');
  process.exitCode = 1;
}
