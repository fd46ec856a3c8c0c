/** `paramwise report`: the plan as a page to look at. */
import { CONFIG, type Command, countOf, type Given, MODEL, planOptions, required } from '../command.ts';
import { readText, writeText } from '../files.ts';
import { forMember } from '../members.ts';
import { type Planned, planConfig } from '../planning.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { type MetricsLine, readMetrics } from '../report/metrics.ts';
import { type GroupCurves, groupCurves } from '../report/schedules.ts';
import { renderMembersReport, renderReport } from '../report.ts';
import { RUN_OPTIONS, runSettings } from '../run-settings.ts';
import { fittingGroups, optimizerSettings, plannedGroups } from '../schedule-groups.ts';
import { warningText } from '../text/plan-text.ts';

export const report: Command = {
  name: 'report',
  about: 'write one HTML file with the model, its settings, their reasons, schedules and a training run',
  parameters: [MODEL, CONFIG],
  options: [
    { flags: '-o, --output <file>', about: 'where to write it (default: report.html)' },
    { flags: '--metrics <file>', about: 'JSON lines of a training run, such as scalars.json of MMEngine' },
    {
      flags: '--steps <count>',
      about: 'steps of the schedule to draw (default: those of the run, or until it has ended)',
    },
    ...RUN_OPTIONS,
  ],
  examples: [
    ['paramwise report resnet50.json.gz config.py -o report.html', 'plan and schedules'],
    ['paramwise report vit.safetensors config.yaml -o vit.html --metrics run.jsonl', 'with the curves of a run'],
  ],
  async run(given, { out, err }) {
    const planned = await planConfig(required(given, 'model'), required(given, 'config'), planOptions(given));
    const { isSeveral, members, config, modelName: title } = planned;
    const metrics = typeof given.metrics === 'string' ? metricsOf(given.metrics) : [];
    const pages = members.map((member) => {
      const draw = () => curvesOf(member, given);
      const { schedules, warnings } = isSeveral ? forMember(config, member.name, draw) : draw();
      const warned = { ...member.plan, warnings: [...planned.warnings, ...member.plan.warnings, ...warnings] };
      return { name: member.name, input: { title, plan: warned, model: member.model, schedules, metrics } };
    });
    const page = isSeveral ? renderMembersReport(title, pages) : renderReport(pages[0]!.input);
    const file = typeof given.output === 'string' ? given.output : 'report.html';
    writeText(file, page);
    out(`${file}: ${Math.ceil(page.length / 1024)} KiB\n`);
    err(warningText(planned.mainWarnings));
    return 0;
  },
};

function metricsOf(file: string): MetricsLine[] {
  try {
    return readMetrics(readText(file));
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`${file}: ${reasonOf(error)}`, error);
    throw error;
  }
}

interface Curves {
  /** None where there is no schedule. */
  readonly schedules: GroupCurves[];
  readonly warnings: string[];
}

function curvesOf({ plan, config }: Planned, given: Given): Curves {
  const scheduler = config.param_scheduler;
  if (scheduler === undefined) return { schedules: [], warnings: [] };
  const groups = plannedGroups(plan, config);
  const without = groups.find((group) => typeof group.settings.lr !== 'number');
  if (without !== undefined) {
    refuse(`optim_wrapper.optimizer.lr: missing; the group "${without.name}" has no rate that could be scheduled`);
  }
  const { run, notes } = runSettings(given, config);
  const warnings = [...notes];
  const options = {
    ...run,
    steps: countOf(given, 'steps'),
    defaults: optimizerSettings(config),
    onWarning: (warning: string) => warnings.push(warning),
  };
  return { schedules: fittingGroups(() => groupCurves({ groups, scheduler, ...options })), warnings };
}
