/** How a checkpoint fitted, and the refusal of one that does not. */

/** How the checkpoint fitted. Names of optimizer state carry the prefix `optimizer/`, those of extra state `extra/`. */
export interface LoadReport {
  /** Here, but not in the file: left as they were. */
  missing: string[];
  /**
   * In the file, but not here: not used. So is state that something else left: `optimizer: AdamW, not SGD` for an
   * algorithm, `wrapper: AmpOptimWrapper, not OptimWrapper` for a wrapper's class,
   * `schedulers/0: CosineAnnealingLR T_max 10, here StepLR` for a schedule.
   */
  unexpected: string[];
  /** Parameters that stand in another parameter group than when they were saved; their state came along. */
  moved: string[];
  /** In both with different shapes: left as they were, their optimizer state dropped. */
  reshaped: string[];
  /**
   * Settings of parameter groups and options of schedules that are not those here, never refused:
   * `optimizer/head.weight: lr 0.01 in the file, 0.02 here`. Groups take the file's settings (but a group of parameters that
   * were in several keeps its own); schedules keep their options. A field that a schedule moves is compared by where it
   * began.
   */
  differing: string[];
  /** What `saveCheckpoint` was given as `meta`. */
  meta: unknown;
}

/** A refused checkpoint; nothing was changed. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly report: LoadReport;

  constructor(path: string, report: LoadReport) {
    const lines = REFUSED.flatMap((what) => (report[what].length > 0 ? [`  ${what}: ${report[what].join(', ')}`] : []));
    super(
      `${path} does not fit:\n${lines.join('\n')}\nWith { strict: false } what fits is taken and the rest reported.`,
    );
    this.report = report;
  }
}

/** What is refused unless `strict` is false. */
const REFUSED = ['missing', 'unexpected', 'reshaped'] as const;

/** @throws CheckpointError where the report names what does not fit */
export function refuseMisfit(path: string, report: LoadReport): void {
  if (REFUSED.some((what) => report[what].length > 0)) throw new CheckpointError(path, report);
}
