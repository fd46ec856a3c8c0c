/** The table of docs/parity.md: a line for every public name of `mmengine.optim`, and for every name that we register. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS, PARAM_SCHEDULERS } from '@paramwise/torch';
import { describe, expect, it } from 'vitest';

/** `mmengine.optim.__all__` of MMEngine 0.10. */
const MMENGINE = [
  'OPTIM_WRAPPER_CONSTRUCTORS OPTIMIZERS build_optim_wrapper DefaultOptimWrapperConstructor',
  'BaseOptimWrapper OptimWrapper AmpOptimWrapper ApexOptimWrapper OptimWrapperDict ZeroRedundancyOptimizer',
  'ConstantLR CosineAnnealingLR ExponentialLR LinearLR MultiStepLR StepLR',
  'ConstantMomentum CosineAnnealingMomentum ExponentialMomentum LinearMomentum MultiStepMomentum StepMomentum',
  'ConstantParamScheduler CosineAnnealingParamScheduler ExponentialParamScheduler LinearParamScheduler',
  'MultiStepParamScheduler StepParamScheduler _ParamScheduler',
  'PolyParamScheduler PolyLR PolyMomentum OneCycleParamScheduler OneCycleLR',
  'CosineRestartParamScheduler CosineRestartLR CosineRestartMomentum',
  'ReduceOnPlateauParamScheduler ReduceOnPlateauLR ReduceOnPlateauMomentum',
].flatMap((line) => line.split(' '));

/** What it registers besides, and the registries that configs are looked up in. */
const REGISTERED_THERE = [
  'OPTIM_WRAPPERS PARAM_SCHEDULERS DeepSpeedOptimWrapper',
  'SGD Adam AdamW Adamax NAdam RAdam Adagrad Adadelta RMSprop Rprop ASGD LBFGS SparseAdam Muon',
  'TorchAdafactor Adafactor Lion DAdaptAdaGrad DAdaptAdam DAdaptSGD',
].flatMap((line) => line.split(' '));

const rows = readFileSync(join(import.meta.dirname, '../docs/parity.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split('|').slice(1, -1));
const namesIn = (cells: readonly string[]) => new Set(cells.flatMap((cell) => cell.match(/\w+/g) ?? []));
const theirs = namesIn(rows.map(([first = '']) => first));
const ours = namesIn(rows.flatMap(([first = '', second = '']) => [first, second]));

describe('docs/parity.md', () => {
  it.each(MMENGINE)('has a line for mmengine.optim.%s', (name) => {
    expect(theirs).toContain(name);
  });

  it.each(REGISTERED_THERE)('has a line for %s of its registries', (name) => {
    expect(theirs).toContain(name);
  });

  it.each(
    [OPTIMIZERS, OPTIM_WRAPPERS, OPTIM_WRAPPER_CONSTRUCTORS, PARAM_SCHEDULERS].map(
      (each) => [each.name, each] as const,
    ),
  )('has a line for every name in %s', (_, registry) => {
    expect(registry.names().filter((name) => !ours.has(name))).toEqual([]);
  });

  it('says of every line where it is here, or that it is not', () => {
    expect(rows.filter((cells) => cells.length < 2 || cells[1]?.trim() === '')).toEqual([]);
  });
});
