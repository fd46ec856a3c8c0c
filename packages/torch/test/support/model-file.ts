/** A network as `paramwise-model/1`: what the command reads. */
import { type ModuleView, nn, type ParamView } from '../../src/index.ts';

export function modelJson(root: ModuleView): object {
  const modules = new Map<ModuleView, number>();
  const params = new Map<ParamView, number>();
  const idIn = <T>(known: Map<T, number>, value: T) => {
    known.set(value, known.get(value) ?? known.size);
    return known.get(value);
  };
  const visit = (module: ModuleView): object => {
    if (modules.has(module)) return { id: modules.get(module), ref: true };
    const own = [...module.ownParams()].map(([name, param]) => {
      return { name, id: idIn(params, param), shape: param.shape, requires_grad: param.requiresGrad };
    });
    return {
      id: idIn(modules, module),
      // The file tells norms by PyTorch's classes.
      types: [...(module.typeNames ?? []), ...(module.moduleKind.type === 'norm' ? ['_BatchNorm'] : [])],
      params: own,
      ...(module instanceof nn.Conv2d && { attrs: { in_channels: module.inChannels, groups: module.groups } }),
      children: [...module.ownChildren()].map(([name, child]) => [name, visit(child)]),
    };
  };
  return { format: 'paramwise-model/1', name: 'net', root: visit(root) };
}
