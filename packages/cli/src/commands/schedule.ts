/** `paramwise schedule`: rate, momentum and whatever else is scheduled, of every group over time. */

import type { RunLength } from '@paramwise/core/internal';
import {
  CONFIG,
  CONFIG_OPTIONS,
  type Command,
  countOf,
  type Given,
  JSON_OPTION,
  jsonText,
  readOptions,
  required,
  type Terminal,
} from '../command.ts';
import { type ConfigFile, loadConfig } from '../config/load.ts';
import { writeText } from '../files.ts';
import { planFiles } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { groupCurves, runSteps } from '../report/schedules.ts';
import { autoScaleNote, RUN_OPTIONS, runSettings } from '../run-settings.ts';
import {
  configuredGroups,
  fittingGroups,
  optimizerSettings,
  plannedGroups,
  type ScheduledGroup,
} from '../schedule-groups.ts';
import { chartLines } from '../text/chart.ts';
import { csvText } from '../text/csv.ts';
import { printable } from '../text/paint.ts';
import { warningText } from '../text/plan-text.ts';

export const schedule: Command = {
  name: 'schedule',
  about: 'show rate, momentum and every scheduled setting of every distinct group over time',
  parameters: [CONFIG],
  options: [
    { flags: '--steps <count>', about: 'steps to show (default: those of the run, where its length is known)' },
    ...RUN_OPTIONS,
    ...CONFIG_OPTIONS,
    { flags: '--model <model>', about: 'take the groups of this model, not those that the config names' },
    { flags: '--csv <file>', about: 'write step, group, lr, momentum, …; "-" is standard output, without the chart' },
    JSON_OPTION,
  ],
  examples: [
    ['paramwise schedule config.py --epoch-length 938', 'the run that train_cfg tells of, by iteration, as a chart'],
    ['paramwise schedule config.py --epochs 100', '100 epochs, where no schedule counts iterations'],
    [
      'paramwise schedule config.py --epochs 10 --epoch-length 938 --csv rates.csv',
      'ten epochs by iteration, to a file',
    ],
  ],
  async run(given, terminal) {
    const config = loadConfig(required(given, 'config'), readOptions(given));
    const { groups, warnings } = await groupsOf(given, config);
    const curves = curvesOf(given, config, groups, (warning) => warnings.push(warning));
    print(given, terminal, curves);
    terminal.err(warningText(warnings));
    return 0;
  },
};

/** A group's values after 0, 1, … steps: of its rate, its momentum, and whatever else is scheduled. */
interface Curve {
  readonly name: string;
  readonly values: Readonly<Record<string, readonly number[]>>;
}

interface Groups {
  readonly groups: readonly ScheduledGroup[];
  readonly warnings: string[];
}

async function groupsOf(given: Given, config: ConfigFile): Promise<Groups> {
  if (typeof given.model !== 'string') {
    const { groups, warnings } = configuredGroups(config);
    const note = autoScaleNote(config);
    return { groups, warnings: note === undefined ? [...warnings] : [...warnings, note] };
  }
  const { plan } = await planFiles(given.model, required(given, 'config'), readOptions(given));
  return { groups: plannedGroups(plan, config), warnings: [...plan.warnings] };
}

function curvesOf(
  given: Given,
  config: ConfigFile,
  groups: readonly ScheduledGroup[],
  onWarning: (warning: string) => void,
): Curve[] {
  const without = groups.find((group) => typeof group.settings.lr !== 'number');
  if (without !== undefined)
    refuse(`optim_wrapper.optimizer.lr: missing; the group "${without.name}" has no rate to show`);
  const { run, notes } = runSettings(given, config);
  const scheduler = config.param_scheduler ?? [];
  const steps = countOf(given, 'steps') ?? runSteps(scheduler, run) ?? refuse(missingSteps(run));
  notes.forEach(onWarning);
  const defaults = optimizerSettings(config);
  const scheduled = fittingGroups(() => groupCurves({ groups, scheduler, steps, defaults, onWarning, ...run }));
  return groups.map(({ name, settings: { lr, momentum, betas } }, index) => {
    const first = momentum ?? (Array.isArray(betas) ? betas[0] : 0);
    const constant = (value: unknown) => Array.from({ length: steps + 1 }, () => Number(value));
    return { name, values: { lr: constant(lr), momentum: constant(first), ...scheduled[index]!.values } };
  });
}

function missingSteps({ maxEpochs, maxIters }: RunLength): string {
  if (maxEpochs === undefined && maxIters === undefined) {
    return 'missing: --steps, how many to show, or --epochs or --iters, how long the run is';
  }
  const [length, unit] =
    maxIters === undefined ? [`${maxEpochs} epochs`, 'iterations'] : [`${maxIters} iterations`, 'epochs'];
  return `missing: --epoch-length, the iterations of an epoch: the run is ${length}, and its schedules count ${unit}; or --steps, how many to show`;
}

const fieldsOf = (curves: readonly Curve[]): string[] => Object.keys(curves[0]?.values ?? {});

function print(given: Given, { out, paint, columns }: Terminal, curves: readonly Curve[]): void {
  const csv = typeof given.csv === 'string' ? curvesCsv(curves) : undefined;
  if (csv !== undefined && given.csv !== '-') writeText(required(given, 'csv'), csv);
  if (given.json) out(jsonText({ groups: curves.map(({ name, values }) => ({ name, ...values })) }));
  else if (csv !== undefined && given.csv === '-') out(csv);
  else {
    const size = { width: Math.max(20, Math.min(columns, 120) - 14), height: 14 };
    for (const field of fieldsOf(curves)) {
      const lines = curves.map(({ name, values }) => ({ name: printable(name), values: values[field]! }));
      out(`${[paint.bold(printable(field)), ...chartLines(lines, size, paint)].join('\n')}\n\n`);
    }
  }
}

function curvesCsv(curves: readonly Curve[]): string {
  const fields = fieldsOf(curves);
  const steps = curves[0]?.values.lr?.length ?? 0;
  const rows = Array.from({ length: steps }, (_, step) =>
    curves.map(({ name, values }) => [step, name, ...fields.map((field) => values[field]![step]!)]),
  );
  return csvText([['step', 'group', ...fields], ...rows.flat()]);
}
