/** A metrics file (JSON lines) → the curves of a training run. */
import { type Chart, movingAverage, type Series, thinSeries } from './charts.ts';

/** One line: an iteration (`loss`, `lr`, `grad_norm`) or an evaluation (`accuracy`), of the run it names. */
export interface MetricsLine {
  readonly run?: unknown;
  readonly epoch?: unknown;
  readonly iteration?: unknown;
  readonly [metric: string]: unknown;
}

/**
 * The lines of a metrics file. Empty ones are passed over; `NaN` and `Infinity`, which Python writes, become gaps.
 *
 * @throws SyntaxError with the number of a line that is not a JSON object.
 */
export function readMetrics(text: string): MetricsLine[] {
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index + 1)]));
}

function parseLine(line: string, number: number): MetricsLine {
  const value = parseJson(line) ?? parseJson(line.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,\]}])/g, 'null'));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as MetricsLine;
  throw new SyntaxError(`line ${number} is not a JSON object: ${line.slice(0, 80)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Metric {
  readonly field: string;
  readonly title: string;
  /** Whether single values jump about so much that an average tells more. */
  readonly isNoisy: boolean;
}

const METRICS: readonly Metric[] = [
  { field: 'loss', title: 'Loss', isNoisy: true },
  { field: 'grad_norm', title: 'Gradient norm', isNoisy: true },
  { field: 'lr', title: 'Learning rate', isNoisy: false },
  { field: 'accuracy', title: 'Accuracy', isNoisy: false },
];

/** Fields that count iterations: ours, and those of MMEngine's logs. */
const STEP_FIELDS = ['iteration', 'iter', 'step'];

/** Numbers of a line that measure nothing of the model. */
const NO_METRICS: readonly string[] = [...STEP_FIELDS, 'epoch', 'time', 'data_time', 'memory', 'eta', 'seed', 'mode'];
const MAX_METRICS = 40;

/**
 * One chart a metric that the lines have, one series a run. Beside the metrics that are known, every other field of MMEngine's
 * logs that holds numbers has a chart under its own name, 40 at most: `accuracy/top1`, `coco/bbox_mAP`, `mIoU`, `base_lr`.
 */
export function metricsCharts(lines: readonly MetricsLine[]): Chart[] {
  const runs = byRun(lines);
  return [...METRICS, ...otherMetrics(lines)].flatMap((metric) => {
    const series = [...runs].flatMap(([name, points], colour) => seriesOf(metric, name, points, colour) ?? []);
    return series.length === 0 ? [] : [{ section: 'run', title: metric.title, xLabel: 'iteration', series }];
  });
}

function otherMetrics(lines: readonly MetricsLine[]): Metric[] {
  const known = [...NO_METRICS, ...METRICS.map(({ field }) => field)];
  const found = new Map<string, boolean>();
  for (const line of lines) {
    const isTraining = 'loss' in line;
    for (const field of Object.keys(line)) {
      if (typeof line[field] !== 'number' || known.includes(field) || found.has(field)) continue;
      found.set(field, isTraining && /loss|acc/.test(field));
    }
  }
  return [...found].slice(0, MAX_METRICS).map(([field, isNoisy]) => ({ field, title: field, isNoisy }));
}

interface Point {
  readonly step: number;
  readonly line: MetricsLine;
}

/**
 * An evaluation without a step stands at the last one of its run. So does one whose step is less than that: MMEngine writes
 * iterations into the lines of training, and the epoch into those of an evaluation.
 */
function byRun(lines: readonly MetricsLine[]): Map<string, Point[]> {
  const runs = new Map<string, Point[]>();
  for (const line of lines) {
    const name = typeof line.run === 'string' ? line.run : 'run';
    const points = runs.get(name) ?? [];
    const last = points.at(-1)?.step ?? 0;
    const given = STEP_FIELDS.map((field) => line[field]).find((value) => typeof value === 'number') ?? last;
    points.push({ step: isEvaluation(line) ? Math.max(given, last) : given, line });
    runs.set(name, points);
  }
  return runs;
}

const isEvaluation = (line: MetricsLine) => !('loss' in line || 'lr' in line || 'iter' in line || 'iteration' in line);

function seriesOf({ field, isNoisy }: Metric, name: string, points: readonly Point[], colour: number) {
  const given = points.filter(({ line }) => typeof line[field] === 'number');
  if (given.length === 0) return undefined;
  // A loss of null is a loss that was not a number; a gradient norm of null is an iteration that only accumulates.
  const shown = field === 'loss' ? points.filter(({ line }) => field in line) : given;
  const y = shown.map(({ line }) => finiteOrNull(line[field]));
  const series: Series = { name, colour, x: shown.map(({ step }) => step), y };
  const isLong = y.length > 50;
  return thinSeries(isNoisy && isLong ? { ...series, smooth: movingAverage(y, y.length / 30) } : series);
}

const finiteOrNull = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
