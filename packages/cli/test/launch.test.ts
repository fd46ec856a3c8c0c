/** `paramwise launch`: what ranks get, how they are watched, and that none is left. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { threadsPerRank } from '../src/launch/environment.ts';
import { launch, scriptOf, startLaunch, stillRunning } from './launched.ts';
import { run, runProcess, scratchFolder } from './run.ts';

const ENVIRONMENT = `
const names = ['RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'LOCAL_WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT', 'OMP_NUM_THREADS'];
const values = names.map((name) => process.env[name]);
console.log(JSON.stringify([...values, ...process.argv.slice(2)]));`;

const linesOf = (out: string) => out.trimEnd().split('\n').sort();

describe('what ranks get', () => {
  it('is who they are, where rank 0 is, and the arguments of the script', async () => {
    const script = scriptOf(ENVIRONMENT);
    const { code, out } = await launch('--nproc-per-node', '2', '--master-port', '4711', script, '--grace', 'x', 'y');
    expect(code).toBe(0);
    const threads = process.env.OMP_NUM_THREADS || String(threadsPerRank(2));
    expect(linesOf(out)).toEqual([
      `[0] ["0","0","2","2","127.0.0.1","4711","${threads}","--grace","x","y"]`,
      `[1] ["1","1","2","2","127.0.0.1","4711","${threads}","--grace","x","y"]`,
    ]);
  });

  it('is a free port on one machine, another one at the next start', async () => {
    const script = scriptOf('console.log(process.env.MASTER_PORT)');
    const ports = (await Promise.all([launch(script), launch(script)])).map(({ out }) => Number(out.slice(4)));
    expect(ports.every((port) => port > 1023 && port < 65_536)).toBe(true);
    expect(ports[0]).not.toBe(ports[1]);
  });

  it('counts the ranks of the machines before', async () => {
    const where = ['--nnodes', '3', '--node-rank', '2', '--master-addr', 'node0', '--nproc-per-node', '2'];
    const { out } = await launch(...where, scriptOf(ENVIRONMENT));
    expect(linesOf(out).map((line) => JSON.parse(line.slice(4)).slice(0, 6))).toEqual([
      ['4', '0', '6', '2', 'node0', '29500'],
      ['5', '1', '6', '2', 'node0', '29500'],
    ]);
  });

  it('is a share of the cores, unless the user has said how many threads', async () => {
    expect([threadsPerRank(4, 8), threadsPerRank(3, 8), threadsPerRank(8, 2)]).toEqual([2, 2, 1]);
    const args = ['launch', scriptOf('console.log(process.env.OMP_NUM_THREADS)')];
    expect((await runProcess(args, { OMP_NUM_THREADS: '7' })).out).toBe('[0] 7\n');
  });

  it('runs TypeScript', async () => {
    const script = scriptOf(
      'const rank: string = process.env.RANK!; enum E { a = 5 }; console.log(rank, E.a)',
      'job.ts',
    );
    expect((await launch(script)).out).toBe('[0] 0 5\n');
  });
});

describe('output', () => {
  it('comes in whole lines, from both streams, with the rank', async () => {
    const script = scriptOf(`
      process.stdout.write('one\\ntwo é');
      process.stderr.write('warned\\r\\n');
      setTimeout(() => process.stdout.write('✓ end'), 50);`);
    const { out, err } = await launch(script);
    expect(out).toBe('[0] one\n[0] two é✓ end\n');
    expect(err).toBe('[0] warned\n');
  });

  it('is not lost where a rank writes much and ends', async () => {
    const script = scriptOf(`for (let i = 0; i < 20000; i++) console.log('line', i);`);
    const { out } = await launch('--nproc-per-node', '2', script);
    for (const rank of [0, 1])
      expect(out.split('\n').filter((line) => line.startsWith(`[${rank}] line`)).length).toBe(20_000);
  });
});

/** Starts a grandchild, says who both are, and goes on. */
const LONG = (more = '') => `
import { spawn } from 'node:child_process';
${more}
const { pid } = spawn('sleep', ['1000'], { stdio: 'ignore' });
console.log('pids', process.pid, pid);
setInterval(() => {}, 1000);`;

const pidsIn = ([, ...found]: RegExpExecArray) => found.flatMap((text) => text.split(' ')).map(Number);
const TWO_RANKS = /\[\d\] pids (\d+ \d+)[\s\S]*\[\d\] pids (\d+ \d+)/;

describe('a rank that fails', () => {
  it('ends all, is named, and its exit code is the launcher’s', async () => {
    const script = scriptOf(LONG(`process.on('SIGUSR2', () => process.exit(7));`));
    const running = startLaunch('--nproc-per-node', '2', script);
    const pids = pidsIn(await running.printed(TWO_RANKS));
    process.kill(Number((await running.printed(/\[1\] pids (\d+)/))[1]), 'SIGUSR2');
    const { code, text } = await running.ended();
    expect(code).toBe(7);
    expect(text).toMatch(/launch: rank 1 \(process \d+\) ended with exit code 7; ending the others/);
    expect(text.trimEnd()).toMatch(/launch: failed: rank 1 \(process \d+\) ended with exit code 7$/);
    expect(await stillRunning(pids, 0)).toEqual([]);
  });

  it('is killed where it does not end by itself within the grace', async () => {
    const stubborn = `process.on('SIGTERM', () => console.log('no'));
      process.on('SIGUSR2', () => process.exit(3));`;
    const running = startLaunch('--nproc-per-node', '2', '--grace', '1', scriptOf(LONG(stubborn)));
    const pids = pidsIn(await running.printed(TWO_RANKS));
    process.kill(Number((await running.printed(/\[0\] pids (\d+)/))[1]), 'SIGUSR2');
    const { code, text } = await running.ended();
    expect(code).toBe(3);
    expect(text).toContain('[1] no');
    expect(await stillRunning(pids, 0)).toEqual([]);
  });

  it('by SIGKILL takes what it started with it', async () => {
    const running = startLaunch('--nproc-per-node', '2', scriptOf(LONG()));
    const pids = pidsIn(await running.printed(TWO_RANKS));
    process.kill(pids[0]!, 'SIGKILL');
    const { code, text } = await running.ended();
    expect(code).toBe(137);
    expect(text).toMatch(/failed: rank \d \(process \d+\) was killed by SIGKILL/);
    expect(await stillRunning(pids, 0)).toEqual([]);
  });

  it('is started again as often as asked, with all others and at another port', async () => {
    const script = scriptOf(`
      const { RANK, TORCHELASTIC_RESTART_COUNT: count, MASTER_PORT } = process.env;
      console.log('start', count, MASTER_PORT);
      if (RANK === '1' && count !== '2') process.exit(5);`);
    const { code, out, err } = await launch('--nproc-per-node', '2', '--max-restarts', '2', script);
    expect(code).toBe(0);
    expect(err).toContain('launch: restart 2 of 2');
    const starts = [...out.matchAll(/\[1\] start (\d) (\d+)/g)].map(([, count, port]) => ({ count, port }));
    expect(starts.map(({ count }) => count)).toEqual(['0', '1', '2']);
    expect(new Set(starts.map(({ port }) => port)).size).toBe(3);
  });

  it('fails for good after the last restart', async () => {
    const { code, err } = await launch('--max-restarts', '1', scriptOf('process.exit(9)'));
    expect(code).toBe(9);
    expect(err).toMatch(/failed: rank 0 \(process \d+\) ended with exit code 9\n$/);
  });
});

describe('a launcher that is told to stop', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('passes %s on, and waits for the ranks', async (signal, expected) => {
    const saving = `process.on('${signal}', () => { console.log('saved'); process.exit(0); });`;
    const running = startLaunch('--nproc-per-node', '2', scriptOf(LONG(saving)));
    const pids = pidsIn(await running.printed(TWO_RANKS));
    process.kill(running.pid, signal);
    const { code, text } = await running.ended();
    expect(code).toBe(expected);
    expect(linesOf(text).filter((line) => line.endsWith('saved'))).toEqual(['[0] saved', '[1] saved']);
    expect(text).toContain(`launch: stopped by ${signal}`);
    expect(await stillRunning(pids, 0)).toEqual([]);
  });

  it('once more kills the ranks at once', async () => {
    const deaf = `process.on('SIGINT', () => console.log('busy'));`;
    const running = startLaunch('--grace', '600', scriptOf(LONG(deaf)));
    const pids = pidsIn(await running.printed(/pids (\d+ \d+)/));
    process.kill(running.pid, 'SIGINT');
    await running.printed(/busy/);
    // What npm passes on a moment later is the same request.
    process.kill(running.pid, 'SIGINT');
    await new Promise((wait) => setTimeout(wait, 1100));
    expect((await stillRunning(pids.slice(0, 1), 0)).length).toBe(1);
    process.kill(running.pid, 'SIGINT');
    expect((await running.ended()).code).toBe(130);
    expect(await stillRunning(pids, 0)).toEqual([]);
  });

  it('does not restart what then fails', async () => {
    const running = startLaunch('--max-restarts', '3', scriptOf(LONG(`process.on('SIGTERM', () => process.exit(1));`)));
    await running.printed(/pids/);
    process.kill(running.pid, 'SIGTERM');
    const { code, text } = await running.ended();
    expect(code).toBe(143);
    expect(text).not.toContain('restart');
  });

  it('by SIGKILL leaves no rank and nothing that ranks have started', async () => {
    const running = startLaunch(
      '--nproc-per-node',
      '2',
      '--grace',
      '1',
      scriptOf(LONG(`process.on('SIGTERM', () => {});`)),
    );
    const pids = pidsIn(await running.printed(TWO_RANKS));
    process.kill(running.pid, 'SIGKILL');
    expect(await stillRunning(pids, 10)).toEqual([]);
  });
});

it('leaves no rank where whoever reads its output has gone', async () => {
  const running = startLaunch(scriptOf(LONG(`setInterval(() => console.log('more'), 20);`)));
  const pids = pidsIn(await running.printed(/pids (\d+ \d+)/));
  running.child.stdout!.destroy();
  await running.ended();
  expect(await stillRunning(pids, 10)).toEqual([]);
});

describe('a rank that ends well', () => {
  it('leaves nothing behind', async () => {
    const running = startLaunch(scriptOf(LONG('setTimeout(() => process.exit(0), 300);')));
    const pids = pidsIn(await running.printed(/pids (\d+ \d+)/));
    expect((await running.ended()).code).toBe(0);
    expect(await stillRunning(pids, 0)).toEqual([]);
  });

  it('is not waited for where a process that left it holds its output', async () => {
    const script = scriptOf(`
      import { spawn } from 'node:child_process';
      const child = spawn('sleep', ['30'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
      child.unref();
      console.log('daemon', child.pid);`);
    const started = Date.now();
    const { code, out } = await launch(script);
    process.kill(Number(/daemon (\d+)/.exec(out)![1]), 'SIGKILL');
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(20_000);
  });
});

describe('refusals', () => {
  const script = 'train.mjs';
  it.each([
    [['--nproc-per-node', '0', script], '--nproc-per-node 0: give a whole number from 1 to 1024'],
    [['--nproc-per-node', '1.5', script], '--nproc-per-node 1.5: give a whole number'],
    [['--master-port', '70000', script], '--master-port 70000: give a whole number from 1 to 65535'],
    [['--node-rank', '1', script], '--node-rank 1: give 0 here'],
    [['--nnodes', '2', script], '--nnodes 2: say which of them this is, with --node-rank 0 to 1'],
    [['--nnodes', '2', '--node-rank', '1', script], 'say where rank 0 is, with --master-addr'],
    [
      ['--nnodes', '2', '--node-rank', '2', '--master-addr', 'a', script],
      '--node-rank 2: give a whole number from 0 to 1',
    ],
    [
      ['--nnodes', '2', '--node-rank', '0', '--master-addr', 'a', '--max-restarts', '1', script],
      '--max-restarts: one machine alone cannot restart the ranks of others',
    ],
    [['no-such-file.mjs'], 'no-such-file.mjs: no such file'],
    [[], 'missing: script; see paramwise launch --help'],
  ])('%j', async (args, message) => {
    const { code, out, err } = await run('launch', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('says how programs of another kind are started', async () => {
    const path = join(scratchFolder(), 'train.py');
    writeFileSync(path, '');
    expect((await run('launch', path)).err).toContain(
      'launch starts scripts of Node.js; start other programs with torchrun',
    );
  });
});
