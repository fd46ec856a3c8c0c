/** A plan as a Python config that MMEngine loads. */
import type { Planned } from '../planning.ts';
import { printable } from '../text/paint.ts';
import { plainConfig } from './expand.ts';
import { pythonLiteral } from './python.ts';
import type { Exported } from './target.ts';

/** @param path where it is to be written. @throws Refusal where MMEngine cannot express the plan. */
export function exportMmengine(planned: Planned, path: string): Exported {
  const { optim_wrapper, param_scheduler, notes } = plainConfig(planned);
  const head = [`Parameter settings of ${planned.modelName}, for MMEngine.`, ...notes];
  const lines = [
    ...head.map((line) => `# ${printable(line)}`),
    `optim_wrapper = ${pythonLiteral(optim_wrapper)}`,
    ...(param_scheduler === undefined ? [] : [`param_scheduler = ${pythonLiteral(param_scheduler)}`]),
  ];
  return { files: [{ path, text: `${lines.join('\n')}\n` }], notes };
}
