/** The process: its arguments, streams and exit code. */
import { COMMANDS } from './commands.ts';
import { runProgram } from './program.ts';
import { makePaint } from './text/paint.ts';

const { stdout, stderr } = process;

// A reader that has seen enough, such as `head`, is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(COMMANDS, process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  paint: makePaint(stdout.isTTY === true, process.env),
  columns: stdout.columns ?? 100,
  progress: stderr.isTTY ? (text) => stderr.write(`\r\u001b[K${text}`) : undefined,
});
