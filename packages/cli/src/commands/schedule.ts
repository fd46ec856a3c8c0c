/** `paramwise schedule`: rate, momentum and whatever else is scheduled, of every group over time. */

import type { RunLength } from '@paramwise/core/internal';
import {
  CONFIG,
  type Command,
  countOf,
  type Given,
  JSON_OPTION,
  jsonText,
  KEY_OPTION,
  planOptions,
  readOptions,
  required,
  type Terminal,
} from '../command.ts';
import { type ConfigFile, loadConfig } from '../config/load.ts';
import { writeText } from '../files.ts';
import { forMember, hasSeveral, memberConfigs, ofMember } from '../members.ts';
import { planConfig } from '../planning.ts';
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
    { flags: '--model <model>', about: 'take the groups of this model, not those that the config names' },
    KEY_OPTION,
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
    const isSeveral = hasSeveral(config);
    const { members, warnings } = await membersOf(given, config);
    const shown = members.map(({ name, config: own, groups, warnings: known }): MemberCurves => {
      const told = [...known];
      const draw = () => curvesOf(given, own, groups, (warning) => told.push(warning));
      const curves = isSeveral ? forMember(config, name, draw) : draw();
      warnings.push(...(isSeveral ? ofMember(name, told) : told));
      return { name, curves };
    });
    print(given, terminal, shown, isSeveral);
    terminal.err(warningText(warnings));
    return 0;
  },
};

/** A group's values after 0, 1, … steps: of its rate, its momentum, and whatever else is scheduled. */
interface Curve {
  readonly name: string;
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** The curves of one optimizer of several; its name is empty where there is one. */
interface MemberCurves {
  readonly name: string;
  readonly curves: readonly Curve[];
}

interface MemberGroups {
  readonly name: string;
  readonly config: ConfigFile;
  readonly groups: readonly ScheduledGroup[];
  readonly warnings: readonly string[];
}

interface Groups {
  readonly members: readonly MemberGroups[];
  /** Of the file as a whole. */
  readonly warnings: string[];
}

async function membersOf(given: Given, config: ConfigFile): Promise<Groups> {
  if (typeof given.model === 'string') {
    const planned = await planConfig(given.model, required(given, 'config'), planOptions(given));
    const members = planned.members.map(({ name, plan, config: own }) => {
      return { name, config: own, groups: plannedGroups(plan, own), warnings: plan.warnings };
    });
    return { members, warnings: [...planned.warnings] };
  }
  const note = autoScaleNote(config);
  const ofRun = note === undefined ? [] : [note];
  if (!hasSeveral(config)) {
    const { groups, warnings } = configuredGroups(config);
    return { members: [{ name: '', config, groups, warnings: [...warnings, ...ofRun] }], warnings: [] };
  }
  const members = [...memberConfigs(config)].map(([name, own]) => {
    return { name, config: own, ...forMember(config, name, () => configuredGroups(own)) };
  });
  return { members, warnings: ofRun };
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

function print(
  given: Given,
  { out, paint, columns }: Terminal,
  members: readonly MemberCurves[],
  isSeveral: boolean,
): void {
  const csv = typeof given.csv === 'string' ? curvesCsv(members, isSeveral) : undefined;
  if (csv !== undefined && given.csv !== '-') writeText(required(given, 'csv'), csv);
  if (given.json) return void out(jsonText(curvesJson(members, isSeveral)));
  if (csv !== undefined && given.csv === '-') return void out(csv);
  const size = { width: Math.max(20, Math.min(columns, 120) - 14), height: 14 };
  for (const { name: member, curves } of members) {
    for (const field of fieldsOf(curves)) {
      const lines = curves.map(({ name, values }) => ({ name: printable(name), values: values[field]! }));
      const title = printable(isSeveral ? `${member}: ${field}` : field);
      out(`${[paint.bold(title), ...chartLines(lines, size, paint)].join('\n')}\n\n`);
    }
  }
}

function curvesJson(members: readonly MemberCurves[], isSeveral: boolean): object {
  const groupsOf = ({ curves }: MemberCurves) => ({ groups: curves.map(({ name, values }) => ({ name, ...values })) });
  if (!isSeveral) return groupsOf(members[0]!);
  return { members: Object.fromEntries(members.map((member) => [member.name, groupsOf(member)])) };
}

/** One line a step and group; of several optimizers each has its name in a column, and no value where it has no such setting. */
function curvesCsv(members: readonly MemberCurves[], isSeveral: boolean): string {
  const fields = [...new Set(members.flatMap(({ curves }) => fieldsOf(curves)))];
  const rows = members.flatMap(({ name: member, curves }) => {
    const steps = curves[0]?.values.lr?.length ?? 0;
    const whose = isSeveral ? [member] : [];
    return Array.from({ length: steps }, (_, step) =>
      curves.map(({ name, values }) => [step, ...whose, name, ...fields.map((field) => values[field]?.[step] ?? '')]),
    ).flat();
  });
  return csvText([['step', ...(isSeveral ? ['member'] : []), 'group', ...fields], ...rows]);
}
