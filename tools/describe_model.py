#!/usr/bin/env python3
"""Prints the module tree of a PyTorch model, without weights, in the format paramwise-model/1.

    python describe_model.py torchvision.models:resnet50 > resnet50.json
    paramwise plan resnet50.json config.py

The argument is MODULE:NAME, where NAME is a torch.nn.Module or a function that makes one without
arguments. For any other model:

    from describe_model import describe
    json.dump(describe(model, 'my model'), file)
"""
import argparse
import importlib
import json
import os
import sys

import torch

FORMAT = 'paramwise-model/1'


def describe(model, name=None):
    """The tree of a model as plain data, ready for json.dump.

    A module or parameter that stands in several places keeps one id; a module is written out at
    the first place, and as a reference at the others.
    """
    modules, params = {}, {}
    root = _node(model, modules, params)
    return {'format': FORMAT, 'name': name or type(model).__name__, 'root': root}


def _node(module, modules, params):
    types = [cls.__name__ for cls in type(module).__mro__ if issubclass(cls, torch.nn.Module)]
    known = modules.get(id(module))
    if known is not None:
        return {'id': known, 'types': types, 'ref': True}
    node = {'id': modules.setdefault(id(module), len(modules)), 'types': types}
    if isinstance(module, torch.nn.modules.conv._ConvNd):
        fields = ('in_channels', 'out_channels', 'groups')
        node['attrs'] = {field: getattr(module, field) for field in fields}
    node['params'] = [
        _param(name, param, params) for name, param in module._parameters.items() if param is not None
    ]
    # named_children would leave out a child that its parent holds under two names.
    node['children'] = [
        [name, _node(child, modules, params)] for name, child in module._modules.items() if child is not None
    ]
    return node


def _param(name, param, params):
    if isinstance(param, torch.nn.parameter.UninitializedParameter):
        raise ValueError(f'{name} has no shape yet: run the model once on an input before describing it')
    return {
        'name': name,
        'id': params.setdefault(id(param), len(params)),
        'shape': list(param.shape),
        'dtype': str(param.dtype).split('.')[-1],
        'requires_grad': param.requires_grad,
    }


def load(target):
    """The model that MODULE:NAME stands for."""
    module_name, separator, name = target.partition(':')
    if not separator or not name:
        raise ValueError(f'{target}: give MODULE:NAME, such as torchvision.models:resnet50')
    found = importlib.import_module(module_name)
    for part in name.split('.'):
        found = getattr(found, part)
    model = found if isinstance(found, torch.nn.Module) else found()
    if not isinstance(model, torch.nn.Module):
        raise ValueError(f'{target}: this gives {type(model).__name__}, not a torch.nn.Module')
    return model


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('model', metavar='MODULE:NAME')
    parser.add_argument('--name', help='name of the model in the file; the last part of NAME where not given')
    arguments = parser.parse_args()
    sys.path.insert(0, os.getcwd())
    try:
        model = load(arguments.model)
        name = arguments.name or arguments.model.rpartition(':')[2].rpartition('.')[2]
        json.dump(describe(model, name), sys.stdout)
    except (ImportError, AttributeError, ValueError) as error:
        sys.exit(f'describe_model: {error}')
    print()


if __name__ == '__main__':
    main()
