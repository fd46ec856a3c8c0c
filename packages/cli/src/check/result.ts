/** All inspections as one result, and what `paramwise check` prints of it. */
import { type Paint, printable } from '../text/paint.ts';
import type { FileKind, Inspection, Level, Problem } from './problem.ts';

export interface CheckResult {
  readonly files: readonly Inspection[];
  /** Each once, though several files may inherit it. */
  readonly problems: readonly Problem[];
  readonly summary: Summary;
}

interface Summary {
  readonly files: number;
  readonly configs: number;
  readonly fragments: number;
  readonly others: number;
  /** Files with at least one. */
  readonly withErrors: number;
  readonly withWarnings: number;
  readonly errors: number;
  readonly warnings: number;
}

/** @param isStrict whether warnings count as errors. */
export function checkResult(inspections: readonly Inspection[], isStrict: boolean): CheckResult {
  const levelOf = (level: Level): Level => (isStrict && level === 'warning' ? 'error' : level);
  const files = inspections.map((inspection) => ({
    ...inspection,
    problems: inspection.problems.map((problem) => ({ ...problem, level: levelOf(problem.level) })),
  }));
  const problems = distinct(files.flatMap((file) => file.problems));
  return { files, problems, summary: summaryOf(files, problems) };
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function summaryOf(files: readonly Inspection[], problems: readonly Problem[]): Summary {
  const ofKind = (kind: FileKind) => files.filter((file) => file.kind === kind).length;
  const having = (level: Level) => files.filter((file) => file.problems.some((one) => one.level === level)).length;
  const count = (level: Level) => problems.filter((problem) => problem.level === level).length;
  return {
    files: files.length,
    configs: ofKind('config'),
    fragments: ofKind('fragment'),
    others: ofKind('other'),
    withErrors: having('error'),
    withWarnings: having('warning'),
    errors: count('error'),
    warnings: count('warning'),
  };
}

/** What is printed for people: each file with something to say, and the summary. */
export function resultText({ files, summary }: CheckResult, paint: Paint): string {
  const lines = files.flatMap(({ path, problems }) =>
    problems.length === 0 ? [] : [paint.bold(printable(path)), ...problems.map((one) => problemLine(one, path, paint))],
  );
  return `${[...lines, ...summaryLines(summary)].join('\n')}\n`;
}

function problemLine({ rule, level, message, file, line }: Problem, path: string, paint: Paint): string {
  const colour = { error: paint.red, warning: paint.yellow, note: paint.dim }[level];
  const where = file === path ? `line ${line}` : `${file}:${line}`;
  const [first = '', ...rest] = message.split('\n').map(printable);
  return [
    `  ${colour(level)} ${printable(where)}: ${first} ${paint.dim(`[${rule}]`)}`,
    ...rest.map((one) => `    ${one}`),
  ].join('\n');
}

function summaryLines(summary: Summary): string[] {
  const { files, configs, fragments, others, withErrors, withWarnings } = summary;
  const clean = `${withErrors} with errors, ${withWarnings} with warnings`;
  const left = [`${fragments} without optimizer and schedule or to be completed by others`, `${others} no config`];
  return [`${files} files: ${configs} configs (${clean}), ${left.join(', ')}`];
}

/** What `--json` prints; values stand with their file where they were asked for. */
export function resultJson({ files, summary }: CheckResult): object {
  return {
    summary,
    files: files
      .filter(({ kind }) => kind !== 'other')
      .map(({ path, kind, problems, values }) => ({ path, kind, problems, ...(values && { values }) })),
  };
}
