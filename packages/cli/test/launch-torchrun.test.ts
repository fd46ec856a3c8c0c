/** A script that `paramwise launch` runs is one that PyTorch's own launcher runs. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { launch, scriptOf } from './launched.ts';
import { describePython, pythonProgram } from './python.ts';

const NAMES = ['RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'LOCAL_WORLD_SIZE', 'GROUP_RANK', 'TORCHELASTIC_RESTART_COUNT'];

// PyTorch 1.13 knows the option with an underscore alone, newer ones both.
describePython('torch', 'torchrun --no_python', () => {
  it('sets what paramwise launch sets', async () => {
    const script = scriptOf(`
      const { MASTER_ADDR, MASTER_PORT, OMP_NUM_THREADS, ...all } = process.env;
      const found = ${JSON.stringify(NAMES)}.map((name) => name + '=' + all[name]).join(' ');
      console.log(found, Boolean(MASTER_ADDR), Number(MASTER_PORT) > 0, Number(OMP_NUM_THREADS) > 0);`);
    // Debian 12's 1.13 stumbles over its own default on Python 3.11; what it does with the output of rank 9 is harmless.
    const redirects = ['-r', '9:1', '-t', '9:1'];
    const torchrun = ['-W', 'ignore', '-m', 'torch.distributed.run', '--standalone', ...redirects, '--no_python'];
    const theirs = await promisify(execFile)(pythonProgram, [...torchrun, '--nproc_per_node', '2', 'node', script]);
    const ours = await launch('--nproc-per-node', '2', script);
    const lines = ours.out
      .replace(/^\[\d\] /gm, '')
      .trimEnd()
      .split('\n')
      .sort();
    expect(lines[1]).toBe(
      'RANK=1 LOCAL_RANK=1 WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 GROUP_RANK=0 TORCHELASTIC_RESTART_COUNT=0 true true true',
    );
    expect(theirs.stdout.trimEnd().split('\n').sort()).toEqual(lines);
  });
});
