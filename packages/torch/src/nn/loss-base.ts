/** What all losses share. */
import { checkChoice, withDefaults } from './check.ts';
import { REDUCTIONS } from './functional/reduction.ts';
import { Module } from './module.ts';

/** A loss that keeps its options, checked. Tensors among them become buffers under PyTorch's names. */
export abstract class Loss<Options extends { reduction?: string }> extends Module {
  protected readonly options: Required<Options>;

  /** @param reductions those that the loss knows. Default `none`, `mean` and `sum`. */
  constructor(
    defaults: Required<Options>,
    options: Options,
    surplus: readonly never[],
    reductions: readonly string[] = REDUCTIONS,
  ) {
    super();
    this.options = withDefaults(this.constructor.name, defaults, options, ...surplus);
    checkChoice(this.constructor.name, 'reduction', this.options.reduction as string, reductions);
  }
}
