/** `paramwise schedule`: rate and momentum of every group over time. */
import { previewSchedule } from '@paramwise/core';
import {
  CONFIG,
  type Command,
  countOf,
  type Given,
  JSON_OPTION,
  jsonText,
  required,
  type Terminal,
} from '../command.ts';
import { type ConfigFile, loadConfig } from '../config/load.ts';
import { writeText } from '../files.ts';
import { planFiles } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { configuredGroups, fittingGroups, plannedGroups, type ScheduledGroup } from '../schedule-groups.ts';
import { chartLines } from '../text/chart.ts';
import { csvText } from '../text/csv.ts';
import { printable } from '../text/paint.ts';

export const schedule: Command = {
  name: 'schedule',
  about: 'show the rate and momentum of every distinct group over time',
  parameters: [CONFIG],
  options: [
    { flags: '--steps <count>', about: 'steps to show (required)' },
    { flags: '--epoch-length <count>', about: 'iterations of an epoch: a step is then an iteration, not an epoch' },
    { flags: '--model <model>', about: 'take the groups of this model, not those that the config names' },
    { flags: '--csv <file>', about: 'write step, group, lr, momentum; "-" is standard output, without the chart' },
    JSON_OPTION,
  ],
  examples: [
    ['paramwise schedule config.py --steps 100', '100 epochs as a chart'],
    [
      'paramwise schedule config.py --steps 9380 --epoch-length 938 --csv rates.csv',
      'ten epochs by iteration, to a file',
    ],
  ],
  async run(given, terminal) {
    const steps = countOf(given, 'steps') ?? refuse('missing: --steps, how many to show');
    const config = loadConfig(required(given, 'config'));
    const groups = await groupsOf(given, config);
    const curves = curvesOf(config, groups, steps, countOf(given, 'epochLength'));
    print(given, terminal, curves);
    return 0;
  },
};

/** A group's values after 0, 1, … steps. */
interface Curve {
  readonly name: string;
  readonly lr: readonly number[];
  readonly momentum: readonly number[];
}

async function groupsOf(given: Given, config: ConfigFile): Promise<ScheduledGroup[]> {
  if (typeof given.model !== 'string') return configuredGroups(config);
  const { plan } = await planFiles(given.model, required(given, 'config'));
  return plannedGroups(plan, config);
}

function curvesOf(
  { param_scheduler }: ConfigFile,
  groups: readonly ScheduledGroup[],
  steps: number,
  epochLength: number | undefined,
): Curve[] {
  const settings = groups.map((group) => group.settings);
  const without = groups.find((group) => typeof group.settings.lr !== 'number');
  if (without !== undefined)
    refuse(`optim_wrapper.optimizer.lr: missing; the group "${without.name}" has no rate to show`);
  const options = epochLength === undefined ? {} : { epochLength };
  const values = fittingGroups(() => previewSchedule(param_scheduler ?? [], settings, steps, options));
  return groups.map(({ name, settings: { lr, momentum, betas } }, index) => {
    const first = momentum ?? (Array.isArray(betas) ? betas[0] : 0);
    const valuesOf = (field: string, constant: unknown) =>
      values.map((step) => step[index]![field] ?? Number(constant));
    return { name, lr: valuesOf('lr', lr), momentum: valuesOf('momentum', first) };
  });
}

const FIELDS = ['lr', 'momentum'] as const;

function print(given: Given, { out, paint, columns }: Terminal, curves: readonly Curve[]): void {
  const csv = typeof given.csv === 'string' ? curvesCsv(curves) : undefined;
  if (csv !== undefined && given.csv !== '-') writeText(required(given, 'csv'), csv);
  if (given.json) out(jsonText({ groups: curves }));
  else if (csv !== undefined && given.csv === '-') out(csv);
  else {
    const size = { width: Math.max(20, Math.min(columns, 120) - 14), height: 14 };
    for (const field of FIELDS) {
      const lines = curves.map((curve) => ({ name: printable(curve.name), values: curve[field] }));
      out(`${[paint.bold(field), ...chartLines(lines, size, paint)].join('\n')}\n\n`);
    }
  }
}

function curvesCsv(curves: readonly Curve[]): string {
  const steps = curves[0]?.lr.length ?? 0;
  const rows = Array.from({ length: steps }, (_, step) =>
    curves.map(({ name, lr, momentum }) => [step, name, lr[step]!, momentum[step]!]),
  );
  return csvText([['step', 'group', ...FIELDS], ...rows.flat()]);
}
