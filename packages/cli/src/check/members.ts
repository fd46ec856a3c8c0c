/** The optimizers of a config: one, or a mapping of several by name, as for the parts of a GAN. */
import type { ConfigFile } from '../config/load.ts';
import { isConfigMapping } from '../config/python-values.ts';

export interface Member {
  /** Empty for the only one. */
  readonly name: string;
  readonly config: ConfigFile;
}

/** Every optimizer with its schedules. */
export function membersOf(config: ConfigFile): Member[] {
  const { optim_wrapper: wrapper, param_scheduler: schedules } = config;
  if (!isConfigMapping(wrapper) || 'optimizer' in wrapper) return [{ name: '', config }];
  const names = Object.keys(wrapper).filter((name) => {
    const member = wrapper[name];
    return isConfigMapping(member) && 'optimizer' in member;
  });
  if (names.length === 0) return [{ name: '', config }];
  return names.map((name) => {
    const own = isConfigMapping(schedules) && !('type' in schedules) ? schedules[name] : schedules;
    return { name, config: { ...config, optim_wrapper: wrapper[name], param_scheduler: own } };
  });
}
