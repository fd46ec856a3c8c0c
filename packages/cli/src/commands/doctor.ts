/** `paramwise doctor`: what the engine would run on, and what is missing. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { checkoutScript } from '../checkout.ts';
import { type Command, JSON_OPTION, jsonText } from '../command.ts';
import { reasonOf } from '../refusal.ts';

interface Finding {
  readonly name: string;
  readonly value: string;
  readonly ok: boolean;
  /** The command that closes the gap. */
  readonly fix?: string;
}

interface Report {
  readonly ok: boolean;
  readonly text: string;
  readonly findings: readonly Finding[];
}

const SETUP = 'npx paramwise setup';

export const doctor: Command = {
  name: 'doctor',
  about: 'report platform, libtorch and engine, and the command that closes each gap',
  parameters: [],
  options: [JSON_OPTION],
  examples: [['paramwise doctor', 'what training would run on; planning needs none of it']],
  async run(given, { out }) {
    const report = checkoutReport(given.json === true) ?? (await installedReport());
    out(given.json ? jsonText({ ok: report.ok, findings: report.findings }) : report.text);
    return report.ok ? 0 : 1;
  },
};

/** In a checkout: the report of its own doctor, which also knows how to build the engine. */
function checkoutReport(asJson: boolean): Report | undefined {
  const script = checkoutScript('doctor');
  if (script === undefined) return undefined;
  const doctorOf = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  if (!asJson) {
    const { stdout, status } = doctorOf();
    return { ok: status === 0, text: stdout, findings: [] };
  }
  const findings = JSON.parse(doctorOf('--json').stdout) as Finding[];
  return { ok: findings.every(({ ok }) => ok), text: '', findings };
}

async function installedReport(): Promise<Report> {
  const findings: Finding[] = [
    { name: 'platform', value: `${process.platform} ${process.arch}, kernel ${release()}`, ok: true },
    { name: 'processor', value: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`, ok: true },
    { name: 'memory', value: `${Math.round(totalmem() / 2 ** 30)} GiB`, ok: true },
    { name: 'Node.js', value: process.version, ok: true },
    await engineFinding(),
  ];
  const lines = findings.map(({ name, value, ok }) => `${ok ? '✓' : '✗'} ${name.padEnd(14)} ${value}\n`);
  return { ok: findings.every(({ ok }) => ok), text: lines.join(''), findings };
}

/** The engine is optional: planning works without it, so it is looked for only here. */
async function engineFinding(): Promise<Finding> {
  try {
    const { engineVersions, getNumThreads } = await import('@paramwise/torch');
    const { libtorch, blas } = engineVersions();
    return { name: 'engine', value: `libtorch ${libtorch}, ${blas}, ${getNumThreads()} threads`, ok: true };
  } catch (error) {
    return { name: 'engine', value: `${reasonOf(error)} (planning works without it)`, ok: false, fix: SETUP };
  }
}
