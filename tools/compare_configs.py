#!/usr/bin/env python3
"""Compares what `paramwise` reads of config files with what MMEngine reads of them.

    python compare_configs.py ../mmdetection ../mmpretrain --package mmdet=../mmdetection

Run it by a Python that has MMEngine. The paths are folders (or files); configs are what
`paramwise check` takes for such. Compared are optim_wrapper, param_scheduler and auto_scale_lr, every
value; a tuple is equal to a list, a class to its dotted path. A mark `_delete_` that MMEngine leaves
where there was nothing to delete is no difference. Files that MMEngine itself cannot read are left
out. Exit code 1 where a value differs.
"""
import argparse
import json
import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import warnings

FIELDS = ('optim_wrapper', 'param_scheduler', 'auto_scale_lr')
LAZY = re.compile(r'^(with read_base\(\)|from \S+ import |import )', re.M)


def main():
    args = parse_args()
    rows, wrong = [], []
    for path in args.paths:
        read_here = read_by_paramwise(path, args)
        with multiprocessing.Pool(args.jobs, use_packages, (args.package,)) as pool:
            read_there = pool.map(read_by_mmengine, list(read_here), chunksize=8)
        outcomes = [compare(file, read_here[file], there) for file, there in read_there if there is not None]
        rows.append((os.path.basename(os.path.normpath(path)), outcomes))
        wrong += [outcome for outcome in outcomes if outcome['differs']]
        if args.refused:
            for outcome in outcomes:
                if outcome['counts'] and not outcome['loaded']:
                    print('refused %s: %s' % (outcome['file'], outcome['reason']))
    print_table(rows)
    for outcome in wrong:
        print('\n%s\n  %s' % (outcome['file'], '\n  '.join(outcome['differs'])))
    return 1 if wrong else 0


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('paths', nargs='+')
    parser.add_argument('--package', action='append', default=[], metavar='NAME=FOLDER')
    parser.add_argument('--paramwise', default='npx paramwise', help='the command (default: %(default)s)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--refused', action='store_true', help='list what paramwise refuses and MMEngine reads')
    return parser.parse_args()


def read_by_paramwise(path, args):
    """Files that `paramwise check` takes for configs → values, or the reason why there are none."""
    packages = [part for package in args.package for part in ('--package', package)]
    command = shlex.split(args.paramwise) + ['check', path, '--json', '--values'] + packages
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode not in (0, 1) or not done.stdout.startswith('{'):
        sys.exit('%s\n%s' % (' '.join(command), done.stderr))
    return {entry['path']: entry for entry in json.loads(done.stdout)['files']}


def use_packages(packages):
    """Lets MMEngine find configs of packages in folders, whether or not they are installed."""
    from mmengine.config import Config, config
    folders = dict(package.split('=', 1) for package in packages)
    installed, config_path = config.get_installed_path, Config._get_cfg_path

    def installed_path(package):
        folder = folders.get(package)
        if folder is None:
            return installed(package)
        return folder if os.path.isdir(os.path.join(folder, 'configs')) and not os.path.isdir(
            os.path.join(folder, package)) else os.path.join(folder, package)

    def get_config_path(name, filename):
        scope, _, inner = name.partition('::')
        for root in [folders[scope], os.path.join(folders[scope], scope)] if scope in folders else []:
            for middle in ('configs', '.mim/configs', ''):
                path = os.path.join(root, middle, inner)
                if os.path.isfile(path):
                    return path, scope
        return config_path(name, filename)

    config.get_installed_path = installed_path
    Config._get_cfg_path = staticmethod(get_config_path)


def read_by_mmengine(file):
    from mmengine.config import Config
    warnings.simplefilter('ignore')
    try:
        read = Config.fromfile(file, import_custom_modules=False).to_dict()
    except BaseException:  # a config is a program, which may do anything
        return file, None
    return file, {field: plain(read[field]) for field in FIELDS if field in read}


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if key != '_delete_'}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, type):
        return '%s.%s' % (value.__module__, value.__name__)
    return value


def compare(file, entry, there):
    values = entry.get('values')
    with open(file, encoding='utf-8') as source:
        style = 'new-style' if LAZY.search(source.read()) else 'text'
    outcome = {'file': file, 'style': style, 'loaded': values is not None, 'differs': [], 'reason': ''}
    # A file without optimizer and schedule has nothing to compare.
    outcome['counts'] = there.get('optim_wrapper') is not None or there.get('param_scheduler') is not None
    if values is None:
        outcome['reason'] = '; '.join(problem['message'] for problem in entry['problems'])
    elif outcome['counts']:
        outcome['differs'] = [line for field in FIELDS for line in differences(plain(values.get(field)), there.get(field), field)]
    return outcome


def differences(here, there, at):
    if isinstance(here, dict) and isinstance(there, dict):
        keys = sorted(set(here) | set(there))
        return [line for key in keys for line in differences(here.get(key), there.get(key), '%s.%s' % (at, key))]
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        return [line for i, pair in enumerate(zip(here, there)) for line in differences(*pair, at='%s[%d]' % (at, i))]
    same = here == there and isinstance(here, bool) == isinstance(there, bool)
    return [] if same else ['%s: here %r, in MMEngine %r' % (at, here, there)]


COLUMNS = ('', 'MMEngine loads', 'loaded here', 'with optimizer or schedule', 'loaded', 'of those right')


def print_table(rows):
    everything = [outcome for _, outcomes in rows for outcome in outcomes]
    rows = rows + [('all', everything)]
    rows += [(style, [outcome for outcome in everything if outcome['style'] == style]) for style in ('text', 'new-style')]
    print('| %s |' % ' | '.join(COLUMNS))
    print('|%s' % (' --- |' * len(COLUMNS)))
    for name, outcomes in rows:
        counted = [outcome for outcome in outcomes if outcome['counts']]
        loaded = [outcome for outcome in counted if outcome['loaded']]
        right = sum(not outcome['differs'] for outcome in loaded)
        print('| %s | %d | %s | %d | %s | %d / %d |' % (
            name, len(outcomes), share(outcomes), len(counted), share(counted), right, len(loaded)))


def share(outcomes):
    if not outcomes:
        return '-'
    return '%.1f %%' % (100 * sum(outcome['loaded'] for outcome in outcomes) / len(outcomes))


if __name__ == '__main__':
    sys.exit(main())
