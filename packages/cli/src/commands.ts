/** All commands, in the order in which the help lists them. */
import type { Command } from './command.ts';
import { plan } from './commands/plan.ts';

export const COMMANDS: readonly Command[] = [plan];
