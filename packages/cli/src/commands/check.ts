/** `paramwise check`: every config of a project, for CI. */
import { resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { findFiles } from '../check/files.ts';
import { withoutBaseFaults } from '../check/inspect.ts';
import { inspectAll } from '../check/pool.ts';
import { checkResult, resultJson, resultText } from '../check/result.ts';
import { sarifLog } from '../check/sarif.ts';
import {
  allOf,
  CONFIG_OPTIONS,
  type Command,
  countOf,
  type Given,
  JSON_OPTION,
  jsonText,
  KEY_OPTION,
  planOptions,
  type Terminal,
} from '../command.ts';
import { writeText } from '../files.ts';
import { refuse } from '../refusal.ts';
import { RUN_OPTIONS } from '../run-settings.ts';

export const check: Command = {
  name: 'check',
  about: 'read every config under these folders and say what is wrong or odd; exit code 1 on errors',
  parameters: [{ name: 'path', about: 'folders, and files: .py, .json, .yaml', repeats: true }],
  options: [
    { flags: '--model <model>', about: 'plan this model by each config: custom keys that match nothing are found' },
    KEY_OPTION,
    ...CONFIG_OPTIONS,
    ...RUN_OPTIONS,
    { flags: '--strict', about: 'take warnings for errors' },
    { flags: '--sarif <file>', about: 'write what is found as SARIF 2.1.0, for code hosts' },
    { flags: '--values', about: 'with --json: what was read of each config' },
    JSON_OPTION,
  ],
  examples: [
    ['paramwise check configs', 'every config of a folder'],
    ['paramwise check configs --sarif paramwise.sarif --strict', 'in CI, with findings for the code host'],
  ],
  async run(given, terminal) {
    if (given.values && !given.json) refuse('--values: what was read is told as JSON; give --json as well');
    const files = findFiles(allOf(given, 'path'));
    if (files.length === 0) refuse('there is no .py, .json, .yaml or .yml file under these paths');
    const options = { ...planOptions(given), model: modelOf(given), run: runOf(given), values: given.values === true };
    const inspections = await withProgress(terminal, files.length, (onDone) => inspectAll(files, options, onDone));
    const result = checkResult(
      withoutBaseFaults(inspections, (path) => resolve(path)),
      given.strict === true,
    );
    if (typeof given.sarif === 'string')
      writeText(given.sarif, jsonText(sarifLog(result.problems, manifest.version, '.')));
    terminal.out(given.json ? jsonText(resultJson(result)) : resultText(result, terminal.paint));
    return result.summary.errors > 0 ? 1 : 0;
  },
};

/** The length of the run as it was typed, checked once for all files. */
function runOf({ epochs, iters, epochLength }: Given): Given {
  const run = { epochs, iters, epochLength };
  for (const name of Object.keys(run)) countOf(run, name);
  return run;
}

const modelOf = ({ model }: Given) => (typeof model === 'string' ? model : undefined);

const STEPS = 100;

async function withProgress<T>(
  { progress, err }: Terminal,
  count: number,
  work: (onDone: (done: number) => void) => Promise<T>,
): Promise<T> {
  if (progress === undefined) {
    err(`checking ${count} files\n`);
    return work(() => {});
  }
  const every = Math.max(1, Math.floor(count / STEPS));
  try {
    return await work((done) => {
      if (done % every === 0) progress(`checked ${done} of ${count} files`);
    });
  } finally {
    progress('');
  }
}
