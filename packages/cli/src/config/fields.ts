/** Names at the top of a config that tell what kind of file it is. */

/** What the commands read of a whole config. */
export const PARTS = ['optim_wrapper', 'param_scheduler', 'train_cfg', 'auto_scale_lr', 'default_scope'] as const;

/** Fields of MMCV 1, which a file for MMEngine has not. */
export const MMCV_FIELDS = [
  'lr_config',
  'optimizer_config',
  'momentum_config',
  'runner',
  'checkpoint_config',
  'total_epochs',
] as const;

/** Fields of a whole config, which stand beside an optim_wrapper. */
export const WHOLE_FIELDS = ['param_scheduler', 'train_cfg'] as const;
