/** `paramwise launch`: starts the ranks of a data-parallel run and watches them. It loads no engine. */
import type { Command, Terminal } from '../command.ts';
import { nameOf, runAttempt } from '../launch/attempt.ts';
import { nodeArguments } from '../launch/interpreter.ts';
import { freePort } from '../launch/port.ts';
import { codeOf } from '../launch/rank-process.ts';
import { type LaunchSettings, readSettings } from '../launch/settings.ts';
import { listenForStop, type StopRequests } from '../launch/stop-requests.ts';

export const launch: Command = {
  name: 'launch',
  about: 'start and watch the ranks of a data-parallel run; ends with the exit code of the first rank that failed',
  parameters: [{ name: 'script', about: 'JavaScript or TypeScript that every rank runs' }],
  rest: { name: 'args', about: 'what the script gets; options of launch stand before the script' },
  options: [
    { flags: '--nproc-per-node <ranks>', about: 'ranks on this machine (default 1)' },
    { flags: '--nnodes <machines>', about: 'machines of the run, each with a launcher of its own (default 1)' },
    { flags: '--node-rank <number>', about: 'number of this machine, from 0' },
    { flags: '--master-addr <host>', about: 'machine 0, where rank 0 is (default: this one)' },
    { flags: '--master-port <port>', about: 'port of rank 0 (default: a free one; 29500 with several machines)' },
    { flags: '--max-restarts <times>', about: 'start all ranks again after one failed, on one machine (default 0)' },
    { flags: '--grace <seconds>', about: 'what ranks have to end by themselves before SIGKILL (default 10)' },
  ],
  examples: [
    ['paramwise launch --nproc-per-node 2 train.ts --epochs 3', 'two ranks here; --epochs 3 goes to the script'],
    [
      'paramwise launch --nproc-per-node 4 --nnodes 2 --node-rank 1 --master-addr node0 train.ts',
      'ranks 4 to 7 of 8, on the second of two machines',
    ],
  ],
  async run(given, terminal, rest) {
    const settings = readSettings(given, rest);
    const nodeArgs = [...nodeArguments(settings.script), ...settings.args];
    const stop = listenForStop();
    try {
      return await runAttempts(settings, nodeArgs, terminal, stop);
    } finally {
      stop.close();
    }
  },
};

async function runAttempts(
  settings: LaunchSettings,
  nodeArgs: readonly string[],
  terminal: Terminal,
  stop: StopRequests,
): Promise<number> {
  for (let restarts = 0; ; restarts++) {
    // A port of its own each time: the last one may still be held by connections that end.
    const port = settings.masterPort ?? (await freePort());
    const failed = await runAttempt({ settings, port, restarts }, nodeArgs, terminal, stop);
    if (stop.signal !== undefined) {
      terminal.err(`paramwise launch: stopped by ${stop.signal}\n`);
      return codeOf(stop.signal);
    }
    if (failed === undefined) return 0;
    if (restarts === settings.maxRestarts) {
      terminal.err(`paramwise launch: failed: ${nameOf(failed)} ${failed.how}\n`);
      return failed.code;
    }
    terminal.err(`paramwise launch: restart ${restarts + 1} of ${settings.maxRestarts}\n`);
  }
}
