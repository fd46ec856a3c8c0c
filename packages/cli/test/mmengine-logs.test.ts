/** MMEngine's `vis_data/scalars.json`: lines of training and of evaluations, mixed. */
import { describe, expect, it } from 'vitest';
import { metricsCharts, readMetrics } from '../src/report/metrics.ts';

const LINES = [
  '{"lr": 0.02, "base_lr": 0.02, "data_time": 0.01, "loss": 1.5, "loss_cls": 1.0, "time": 0.3, "epoch": 1, "iter": 50, "memory": 3000, "step": 50}',
  '{"lr": 0.02, "base_lr": 0.02, "data_time": 0.01, "loss": 1.2, "loss_cls": 0.8, "time": 0.3, "epoch": 1, "iter": 100, "memory": 3000, "step": 100}',
  '{"coco/bbox_mAP": 0.21, "accuracy/top1": 70.5, "mIoU": NaN, "data_time": 0.01, "time": 0.3, "step": 1}',
  '{"lr": 0.002, "base_lr": 0.002, "data_time": 0.01, "loss": 1.0, "loss_cls": 0.7, "time": 0.3, "epoch": 2, "iter": 200, "memory": 3000, "step": 200}',
  '{"coco/bbox_mAP": 0.32, "accuracy/top1": 74.1, "mIoU": 41.0, "data_time": 0.01, "time": 0.3, "step": 2}',
];

describe('a log of MMEngine', () => {
  it('has a chart for each metric, evaluations at the iteration where they stand', () => {
    const charts = metricsCharts(readMetrics(LINES.join('\n')));
    const points = Object.fromEntries(charts.map(({ title, series }) => [title, [series[0]!.x, series[0]!.y]]));
    expect(points).toEqual({
      Loss: [
        [50, 100, 200],
        [1.5, 1.2, 1],
      ],
      'Learning rate': [
        [50, 100, 200],
        [0.02, 0.02, 0.002],
      ],
      base_lr: [
        [50, 100, 200],
        [0.02, 0.02, 0.002],
      ],
      loss_cls: [
        [50, 100, 200],
        [1, 0.8, 0.7],
      ],
      'coco/bbox_mAP': [
        [100, 200],
        [0.21, 0.32],
      ],
      'accuracy/top1': [
        [100, 200],
        [70.5, 74.1],
      ],
      mIoU: [[200], [41]],
    });
  });

  it('of a run by iteration, or of evaluations alone, keeps their steps', () => {
    const pointsOf = (lines: string[]) => metricsCharts(readMetrics(lines.join('\n'))).at(-1)!.series[0]!.x;
    const train = '{"lr": 0.1, "loss": 1, "iter": 8000, "step": 8000}';
    expect(pointsOf([train, '{"mIoU": 30, "step": 8000}'])).toEqual([8000]);
    expect(pointsOf(['{"mIoU": 30, "step": 1}', '{"mIoU": 31, "step": 2}'])).toEqual([1, 2]);
  });
});
