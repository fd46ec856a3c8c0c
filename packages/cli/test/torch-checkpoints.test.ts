/** Files that real PyTorch writes, with all that training scripts put beside the weights. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { walkDistinctParams } from '@paramwise/core/internal';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadModel } from '../src/index.ts';
import { describePython, python } from './python.ts';
import { run } from './run.ts';

const SCRIPT = `
import argparse, collections, sys, types
import numpy, torch
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
        self.head = nn.Linear(8, 10)

net = Net()
small = nn.Linear(2, 2)
state = net.state_dict()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
sum(p.sum() for p in net.parameters()).backward()
opt.step()

def module(name, **classes):
    parts = name.split('.')
    for end in range(1, len(parts) + 1):
        path = '.'.join(parts[:end])
        made = sys.modules.setdefault(path, types.ModuleType(path))
    for key, value in classes.items():
        value.__module__ = name
        setattr(made, key, value)

class HistoryBuffer:
    def __init__(self): self._log_history = numpy.arange(20000.); self._count_history = numpy.arange(20000)
class AttributeDict(dict): pass
class ConfigDict(dict): pass
module('mmengine.logging.history_buffer', HistoryBuffer=HistoryBuffer)
module('lightning.utilities', AttributeDict=AttributeDict)
hub = dict(log_scalars=collections.OrderedDict(loss=HistoryBuffer()), resumed_keys={}, runtime_info={'loop_stage': 'train'})
prefixed = lambda start, sd: collections.OrderedDict((start + k, v) for k, v in sd.items())
ema = collections.OrderedDict(steps=torch.tensor(3), **prefixed('module.', state))

save = torch.save
# R5, C24
save({'state_dict': state, 'best': torch.tensor(0.7)}, 'best.pth')
save({'model': state, 'epoch': torch.tensor(3)}, 'epoch.pth')
save({'model': state, 'rng': torch.get_rng_state(), 'loss': torch.tensor(1.)}, 'rng.pth')
save({'epoch': 3, 'arch': 'resnet', 'state_dict': state, 'best_acc1': torch.tensor(7.), 'optimizer': opt.state_dict()}, 'imagenet.pth.tar')
# R6
save({'model': state, 'sched': MultiStepLR(opt, [2, 4]).state_dict()}, 'counter.pth')
save({'model': state, 'args': argparse.Namespace(lr=1)}, 'args.pth')
save({'model': state, 'best': numpy.float64(0.5)}, 'numpy.pth')
save({'model': state, 'extra': torch.eye(3).to_sparse()}, 'sparse.pth')
save({'meta': {'cfg': ConfigDict(a=1)}, 'message_hub': hub, 'state_dict': state, 'ema_state_dict': ema, 'optimizer': opt.state_dict()}, 'mmengine.pth')
save({'pytorch-lightning_version': '2.0', 'hyper_parameters': AttributeDict(lr=1), 'state_dict': prefixed('model.', state),
      'callbacks': {}, 'rng': {1, 2}, 'when': slice(1, 2)}, 'lightning.ckpt')
save({'model': state, 'device': torch.device('cpu'), 'dtype': torch.float16, 'path': __import__('pathlib').Path('a')}, 'odd.pth', _use_new_zipfile_serialization=False)
save({'model': state, 'args': argparse.Namespace(lr=1)}, 'p4.pth', pickle_protocol=4)
save({'model': state, 'args': argparse.Namespace(lr=1)}, 'p1.pth', pickle_protocol=1, _use_new_zipfile_serialization=False)
# 18, C13
save({'state_dict_ema': prefixed('module.', state)}, 'ema-only.pth')
save({'state_dict': state, 'state_dict_ema': prefixed('module.', {**state, 'more': torch.ones(2)})}, 'with-ema.pth')
save({'generator': state, 'discriminator': small.state_dict()}, 'gan.pth')
save({'model': {'state_dict': state, 'step': torch.tensor(1)}}, 'nested.pth')
# R11
save(prefixed('_orig_mod.', state), 'compiled.pth')
save({f'module._orig_mod.{k}'.replace('backbone', 'backbone._checkpoint_wrapped_module') : v for k, v in state.items()}, 'wrapped.pth')
save({k.replace('head', '_fsdp_wrapped_module.head') : v for k, v in state.items()}, 'fsdp.pth')
# whole modules, tied weights
net.register_buffer('anchors', torch.ones(3))
for name in ('zip', 'old'):
    save({'epoch': 1, 'model': net}, f'whole-{name}.pt', _use_new_zipfile_serialization=name == 'zip')
tied = nn.ModuleDict(dict(embed=nn.Embedding(9, 4), head=nn.Linear(4, 9, bias=False)))
tied['head'].weight = tied['embed'].weight
save(tied.state_dict(), 'tied.pth')
class Device:
    def __init__(self, value): self.value = value
    def __reduce_ex__(self, protocol):
        return torch._utils._rebuild_device_tensor_from_numpy, (self.value.numpy(), self.value.dtype, 'xla:0', False)
save({k: Device(v) for k, v in state.items()}, 'xla.pth')
torch.jit.script(small).save('script.pt')
save({'model': {**state, 'packed.packed_params': AttributeDict(a=1)}}, 'unread.pth')
`;

const STATE = [
  'backbone.0.weight',
  'backbone.0.bias',
  'backbone.1.weight',
  'backbone.1.bias',
  'head.weight',
  'head.bias',
];
const BUFFERS = /taken for buffers and left out: (anchors, )?backbone\.1\.running_mean/;
/** Where the model is taken from, if that is said, and what else is said. */
const FILES: readonly (readonly [file: string, taken: string, more: string])[] = [
  ['best.pth', '"state_dict"', ''],
  ['epoch.pth', '"model"', ''],
  ['rng.pth', '"model"', 'tensors are also under the top, "" (2 tensors)'],
  ['imagenet.pth.tar', '"state_dict"', ''],
  ['counter.pth', '"model"', ''],
  ['args.pth', '"model"', ''],
  ['numpy.pth', '"model"', ''],
  ['sparse.pth', '"model"', ''],
  ['mmengine.pth', '"state_dict"', '"ema_state_dict"'],
  ['lightning.ckpt', '"state_dict"', 'names are looked through "model."'],
  ['odd.pth', '"model"', ''],
  ['p4.pth', '"model"', ''],
  ['p1.pth', '"model"', ''],
  ['ema-only.pth', '"state_dict_ema"', 'names are looked through "module."'],
  ['with-ema.pth', '"state_dict"', '"state_dict_ema"'],
  ['gan.pth', '"generator"', '"discriminator" (2 tensors)'],
  ['nested.pth', '"model.state_dict"', ''],
  ['compiled.pth', '', '"_orig_mod.": _orig_mod.backbone.0.weight is backbone.0.weight'],
  ['wrapped.pth', '', '"_checkpoint_wrapped_module."'],
  ['fsdp.pth', '', '"_fsdp_wrapped_module."'],
  ['whole-zip.pt', '"model"', 'a module was saved whole'],
  ['whole-old.pt', '"model"', 'a module was saved whole'],
  ['xla.pth', '', ''],
  ['unread.pth', '"model"', 'left out: packed.packed_params (lightning.utilities.AttributeDict)'],
];

describePython('torch', 'a checkpoint of real PyTorch', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
    python(SCRIPT, folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const load = async (file: string, key?: string) => {
    const { root, notes } = await loadModel(join(folder, file), { key });
    return { params: [...walkDistinctParams(root)].map(([path]) => path), notes };
  };

  it.each(FILES)('%s: the model is under %s', async (file, taken, more) => {
    const { params, notes } = await load(file);
    expect(params).toEqual(STATE);
    const text = notes.join('\n');
    expect(text).toMatch(BUFFERS);
    expect(text).toContain(more);
    if (taken !== '') expect(text).toContain(`the model is taken from ${taken}`);
  });

  it('gives what a key names', async () => {
    expect((await load('gan.pth', 'discriminator')).params).toEqual(['weight', 'bias']);
    expect((await load('with-ema.pth', 'state_dict_ema')).params).toEqual(['more', ...STATE]);
    expect((await load('nested.pth', 'model.state_dict')).params).toEqual(STATE);
    expect((await load('rng.pth', '')).params).toEqual(['loss']);
    await expect(load('gan.pth', 'net')).rejects.toThrow(
      /gan\.pth: there is no mapping under the key "net"; tensors are under "generator" \(9 tensors\), "discriminator" \(2/,
    );
  });

  it('is refused where it is TorchScript', async () => {
    await expect(load('script.pt')).rejects.toThrow('script.pt: this is a TorchScript archive, which holds code');
  });

  it('knows tied weights as one parameter', async () => {
    const config = join(folder, 'config.json');
    writeFileSync(config, '{"optimizer": {"type": "SGD", "lr": 0.1}, "paramwise_cfg": {"bypass_duplicate": true}}');
    const { out } = await run('plan', join(folder, 'tied.pth'), config, '--json');
    expect(JSON.parse(out)).toMatchObject({ groups: [{ path: 'embed.weight' }], skipped: [{ path: 'head.weight' }] });
  });

  it('takes the key from the command line', async () => {
    const config = join(folder, 'sgd.json');
    writeFileSync(config, '{"optimizer": {"type": "SGD", "lr": 0.1}}');
    const { out } = await run('plan', join(folder, 'gan.pth'), config, '--json', '--key', 'discriminator');
    expect(JSON.parse(out)).toMatchObject({ groups: [{ path: 'weight' }, { path: 'bias' }] });
  });
});
