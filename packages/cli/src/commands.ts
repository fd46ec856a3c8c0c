/** All commands, in the order in which the help lists them. */
import type { Command } from './command.ts';
import { check } from './commands/check.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { exporting } from './commands/export.ts';
import { launch } from './commands/launch.ts';
import { plan } from './commands/plan.ts';
import { report } from './commands/report.ts';
import { schedule } from './commands/schedule.ts';
import { setup } from './commands/setup.ts';

export const COMMANDS: readonly Command[] = [
  plan,
  explain,
  diff,
  schedule,
  report,
  check,
  exporting,
  launch,
  doctor,
  setup,
];
