"""Parameter groups for torch.optim from a plan that `paramwise export --to pytorch` wrote.

    from paramwise_groups import load_plan, param_groups

    plan = load_plan('plan.json')
    optimizer = torch.optim.AdamW(param_groups(model, plan), lr=1e-3)

Works on the bare model and on one wrapped by DataParallel, DistributedDataParallel,
torch.compile, activation checkpointing, or FullyShardedDataParallel with use_orig_params=True.
"""
import json

FORMAT = 'paramwise-groups/1'

# What wrappers put into the names of parameters.
_ANYWHERE = {'_fsdp_wrapped_module', '_orig_mod', '_checkpoint_wrapped_module'}


def load_plan(path):
    """The plan in a JSON file. Raises ValueError where it is none."""
    with open(path, encoding='utf-8') as file:
        plan = json.load(file)
    if not isinstance(plan, dict) or plan.get('format') != FORMAT:
        raise ValueError(f'{path}: this is no plan of format {FORMAT}')
    return plan


def clean_name(name):
    """The name that a parameter has without wrappers: 'module.a._orig_mod.b' is 'a.b'."""
    parts = [part for part in name.split('.') if part not in _ANYWHERE]
    while len(parts) > 1 and parts[0] == 'module':
        parts = parts[1:]
    return '.'.join(parts)


def param_groups(model, plan):
    """Groups for any optimizer of torch.optim, in the order of the plan.

    Parameters that the plan freezes no longer require a gradient afterwards. Raises ValueError,
    and changes nothing, where a parameter of the plan is not in the model, or one that
    requires a gradient is not in the plan.
    """
    params = {clean_name(name): param for name, param in model.named_parameters()}
    frozen = plan['frozen']
    planned = [name for group in plan['groups'] for name in group['params']]
    _refuse('are in the plan, but not in the model', (set(planned) | set(frozen)) - params.keys())
    trained = {name for name, param in params.items() if param.requires_grad}
    _refuse('require a gradient, but are not in the plan', trained - set(planned) - set(frozen))
    for name in frozen:
        params[name].requires_grad_(False)
    return [{**group, 'params': [params[name] for name in group['params']]} for group in plan['groups']]


def build_optimizer(model, plan):
    """The optimizer that the config of the plan names, with its settings and the plan's groups."""
    import torch

    settings = {name: value for name, value in plan['optimizer'].items() if value is not None}
    return getattr(torch.optim, settings.pop('type'))(param_groups(model, plan), **settings)


def _refuse(what, names):
    if not names:
        return
    shown = ', '.join(sorted(names)[:5])
    hint = ' (under FSDP: use_orig_params=True)' if any('_flat_param' in name for name in names) else ''
    raise ValueError(f'{len(names)} parameters {what}: {shown}{hint}')
