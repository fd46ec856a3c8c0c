/** The command line, made of the records of the commands. */
import { ConfigError } from '@paramwise/core';
import { CommanderError, Option, Command as Program } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { Command, Given, OptionSpec, Terminal } from './command.ts';
import { Refusal, reasonOf, refuse } from './refusal.ts';
import { printable } from './text/paint.ts';

/** What the exit codes say. */
const EXIT = { ok: 0, internal: 1, refused: 2 } as const;

const EXIT_HELP = `
Exit codes: 0 done, 1 a fault of the command itself or what check found, 2 refused input (the reason is on standard error).`;

/**
 * Runs one command line.
 *
 * @param args without the name of the program.
 * @returns the exit code.
 */
export async function runProgram(
  commands: readonly Command[],
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram(terminal);
  for (const command of commands) {
    addCommand(program, command, async (given, rest) => {
      code = await command.run(given, terminal, rest);
    });
  }
  if (args.length === 0) {
    terminal.err(program.helpInformation());
    return EXIT.refused;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}

function makeProgram({ out, err }: Terminal): Program {
  return new Program('paramwise')
    .description('What a param-wise config does to every parameter of a network, and why.')
    .version(manifest.version)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => out(text), writeErr: (text) => err(text) })
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_HELP);
}

type Action = (given: Given, rest: readonly string[]) => Promise<void>;

function addCommand(program: Program, command: Command, action: Action): void {
  const { name, about, parameters, rest, options, examples } = command;
  const added = program.command(name).description(about);
  for (const { name: value, about: what, repeats, options: own = [] } of parameters) {
    added.argument(repeats ? `[${value}...]` : `[${value}]`, what);
    added.addOption(optionOf({ flags: `--${value} <${value}>`, about: what, ...(repeats && { repeats }) }).hideHelp());
    for (const option of own) added.addOption(optionOf(option));
  }
  for (const option of options) added.addOption(optionOf(option));
  const usage = parameters.map(({ name, repeats }) => (repeats ? `<${name}...>` : `<${name}>`));
  if (rest === undefined) added.usage([...usage, '[options]'].join(' '));
  else {
    added.argument(`[${rest.name}...]`, rest.about).passThroughOptions();
    added.usage(['[options]', ...usage, `[${rest.name}...]`].join(' '));
  }
  added.addHelpText('after', helpAfter(command));
  if (examples.length > 0) added.showHelpAfterError(`(paramwise ${name} --help shows examples)`);
  added.action(async () => {
    const { given, left } = gather(parameters, added.args, added.opts<Given>(), name);
    if (left.length > 0 && rest === undefined)
      refuse(`one argument too many: ${JSON.stringify(left[0])}; see paramwise ${name} --help`);
    await action(given, left);
  });
}

function optionOf({ flags, about, repeats }: OptionSpec): Option {
  const option = new Option(flags, about);
  return repeats ? option.argParser((value: string, before: readonly string[] = []) => [...before, value]) : option;
}

function helpAfter({ parameters, examples }: Command): string {
  const options = parameters.map(({ name }) => `--${name}`).join(' ');
  const names = parameters.length === 0 ? '' : `\nArguments can be given as options too: ${options}\n`;
  const lines = examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`]);
  return `${names}\nExamples:\n${lines.join('\n')}\n${EXIT_HELP}`;
}

/** Parameters that no option gives take the positional values, in order. */
function gather(parameters: Command['parameters'], values: readonly string[], options: Given, command: string) {
  const given: Record<string, Given[string]> = { ...options };
  const left = [...values];
  for (const { name, repeats } of parameters) {
    given[fieldOf(name)] ??= repeats && left.length > 0 ? left.splice(0) : left.shift();
  }
  const missing = parameters.filter(({ name }) => given[fieldOf(name)] === undefined).map(({ name }) => name);
  if (missing.length > 0) refuse(`missing: ${missing.join(', ')}; see paramwise ${command} --help`);
  return { given, left };
}

/** `config-a` → `configA`, as commander names the value of an option. */
const fieldOf = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

function report(error: unknown, { err }: Terminal): number {
  // Commander has written its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.refused;
  if (error instanceof ConfigError || error instanceof Refusal) {
    err(`${error.message.split('\n').map(printable).join('\n')}\n`);
    return EXIT.refused;
  }
  err(`internal: ${error instanceof Error ? (error.stack ?? error.message) : reasonOf(error)}\n`);
  return EXIT.internal;
}
