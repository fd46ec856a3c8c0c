/** The page with plan, schedules and the curves of the first seed. */
import { readFileSync } from 'node:fs';
import { groupCurves, plannedGroups, readMetrics, renderReport } from '@paramwise/cli';
import { planOf } from '@paramwise/torch';
import { config, STEPS, schedule } from './contenders.ts';
import type { Outcome } from './finetune.ts';

export function reportPage({ model, wrapper }: Outcome, metricsFile: string): string {
  const plan = planOf(wrapper)!;
  return renderReport({
    title: 'Fashion-MNIST with ten images a class',
    plan,
    model,
    schedules: groupCurves({ groups: plannedGroups(plan, config), scheduler: schedule, steps: STEPS }),
    metrics: readMetrics(readFileSync(metricsFile, 'utf8')),
  });
}
