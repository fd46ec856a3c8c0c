/** The door of @paramwise/cli: what the command does, for those who call it from code. */
export type { Command, Terminal } from './command.ts';
export { COMMANDS } from './commands.ts';
export { type ConfigFile, loadConfig } from './config/load.ts';
export { type LoadedModel, loadModel, type ModelOptions } from './model/load.ts';
export { type MembersPlanJson, type PlanJson, planJson } from './plan-json.ts';
export { type Planned, type PlannedConfig, type PlannedMember, planConfig, planFiles } from './planning.ts';
export { runProgram } from './program.ts';
export { Refusal } from './refusal.ts';
export { type MetricsLine, readMetrics } from './report/metrics.ts';
export { type GroupCurves, groupCurves, type ScheduleRequest } from './report/schedules.ts';
export { type ReportInput, renderReport } from './report.ts';
export { plannedGroups, type ScheduledGroup } from './schedule-groups.ts';
export { makePaint, type Paint } from './text/paint.ts';
