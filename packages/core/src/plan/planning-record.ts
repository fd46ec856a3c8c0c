/** What was met and decided in one planning run. */

import type { Decision } from './decision.ts';
import type { DuplicateParam, PlannedParam, SkippedParam } from './param-plan.ts';
import type { ParamFacts } from './rules.ts';

export interface PlanningRecord {
  readonly groups: readonly PlannedParam[];
  readonly skipped: readonly SkippedParam[];
  readonly duplicates: readonly DuplicateParam[];
  /** What was decided about any parameter. */
  readonly decisions: ReadonlySet<Decision>;
  readonly trained: readonly ParamFacts[];
  readonly untrained: readonly ParamFacts[];
}
