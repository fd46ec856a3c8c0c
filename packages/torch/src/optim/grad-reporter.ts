/** Which gradients a report is about: those that wait, those that a step left, or those of a step that are gone. */
import type { ClipGradConfig } from '@paramwise/core';
import { AS_IT_IS, type GradientsRead, normTypeOf } from '@paramwise/core/internal';
import type { Tensor } from '../tensor.ts';
import { type GradReport, type Reported, reportGradients } from './grad-report.ts';
import { readGradients } from './gradient-reading.ts';
import type { TorchParamGroup } from './groups.ts';

/** How gradients are, or were, read. */
export interface StepReading {
  readonly read: GradientsRead;
  readonly params: readonly Tensor[];
  readonly unscale: number;
  readonly clip: ClipGradConfig | undefined;
}

export class GradReporter {
  #ofStep: StepReading | undefined;
  #recorded: GradReport | undefined;

  /** To be told of each step. `records`: describe its gradients now, as they will be gone. */
  note(groups: readonly TorchParamGroup[], reading: StepReading, records: boolean): void {
    this.#ofStep = reading;
    if (records) this.#recorded = reportGradients(groups, reportedOf(reading));
  }

  /** The report that was recorded last. */
  get recorded(): GradReport | undefined {
    return this.#recorded;
  }

  /** What a step would do to the gradients that wait. */
  ofWaiting(
    groups: readonly TorchParamGroup[],
    params: readonly Tensor[],
    unscale: number,
    clip: ClipGradConfig | undefined,
  ): GradReport {
    const read = readGradients(params, { unscale, clip });
    return reportGradients(groups, reportedOf({ read, params, unscale, clip }));
  }

  /** What the last step did to the gradients that it left. */
  ofStep(groups: readonly TorchParamGroup[], left: 'raw' | 'written'): GradReport {
    const reading = this.#ofStep!;
    const { params } = reading;
    return reportGradients(groups, left === 'raw' ? reportedOf(reading) : { params, reading: AS_IT_IS, unscale: 1 });
  }
}

/** The step's own factor, and its norm where that is the one of a report. */
function reportedOf({ read, params, unscale, clip }: StepReading): Reported {
  const isTwoNorm = clip !== undefined && clip.type !== 'value' && normTypeOf(clip) === 2;
  return { params, unscale, reading: read, norm: isTwoNorm ? read.norm : undefined };
}
