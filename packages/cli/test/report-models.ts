/** Models and plans that the tests of the report show. */
import { type ModuleView, type ParamPlan, planParamGroups, readModel } from '@paramwise/core';

export const OPTIMIZER = { type: 'AdamW', lr: 0.001, weight_decay: 0.05 };

interface FileNode {
  id: number;
  types: string[];
  params: object[];
  children: [string, FileNode][];
}

/** A module with the parameters of these names, two-dimensional but for `bias`. */
function layer(id: number, names: readonly string[], type = 'Linear'): FileNode {
  const params = names.map((name, index) => ({
    name,
    id: id * 8 + index,
    shape: name === 'bias' ? [4] : [4, 4],
    requires_grad: true,
  }));
  return { id, types: [type, 'Module'], params, children: [] };
}

function modelOf(children: [string, FileNode][]): ModuleView {
  const root = { id: 0, types: ['Net', 'Module'], params: [], children };
  return readModel({ format: 'paramwise-model/1', name: 'net', root });
}

/** Layers named as given, each with a weight and a bias. */
export function layers(names: readonly string[]): ModuleView {
  return modelOf(names.map((name, index) => [name, layer(index + 1, ['weight', 'bias'])]));
}

/** Blocks of ten parameters each. */
export function wideModel(params: number): ModuleView {
  const names = ['weight', 'bias'];
  const blocks = Array.from({ length: params / 10 }, (_, block): [string, FileNode] => {
    const first = 10 * block + 2;
    const parts = ['q', 'k', 'v', 'norm', 'out'].map((name, index): [string, FileNode] => [
      name,
      layer(first + index, names, name === 'norm' ? 'LayerNorm' : 'Linear'),
    ]);
    return [String(block), { id: first + 5, types: ['Block', 'Module'], params: [], children: parts }];
  });
  return modelOf([['blocks', { id: 1, types: ['ModuleList', 'Module'], params: [], children: blocks }]]);
}

export function planOf(model: ModuleView, paramwise: object): ParamPlan {
  return planParamGroups(model, { optimizer: OPTIMIZER }, paramwise);
}

/** Two runs, one of them long, with a gap in its loss, and evaluations. */
export function metricsText(): string {
  const line = (run: string, iteration: number, loss: number | null) =>
    JSON.stringify({ run, epoch: 0, iteration, loss, lr: 0.001, grad_norm: iteration % 2 === 0 ? null : 1 });
  const long = Array.from({ length: 2000 }, (_, index) =>
    line('tuned', index, index === 900 ? 50 : 2 / (1 + index / 99)),
  );
  const plain = [line('plain', 0, 2), line('plain', 1, null), line('plain', 2, 1)];
  return [...long, ...plain, JSON.stringify({ run: 'tuned', epoch: 0, accuracy: 0.91 }), ''].join('\n');
}
