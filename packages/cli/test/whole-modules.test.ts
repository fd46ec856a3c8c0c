/** Norms of a module that was saved whole are told by their classes, not guessed. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { walkModules } from '@paramwise/core';
import { expect, it } from 'vitest';
import { loadModel } from '../src/index.ts';
import { describePython, python } from './python.ts';

const SCRIPT = `
import sys, torch
from torch import nn
class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(4)), nn.Parameter(torch.zeros(4))
net = nn.ModuleDict(dict(bn=nn.BatchNorm2d(4, track_running_stats=False), gn=nn.GroupNorm(2, 4),
    norm=nn.LayerNorm(4, elementwise_affine=True), inn=nn.InstanceNorm1d(4, affine=True), scale=Scale(), fc=nn.Linear(4, 4)))
torch.save(net, 'whole.pt')
`;

describePython('torch', 'a module of real PyTorch that was saved whole', () => {
  it('has norms of its own classes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
    python(SCRIPT, folder);
    const { root, notes } = await loadModel(join(folder, 'whole.pt'));
    const kinds = [...walkModules(root)].map(({ prefix, module }) => [prefix, module.typeNames?.[0]]);
    expect(Object.fromEntries(kinds)).toMatchObject({
      bn: 'BatchNorm2d',
      gn: 'GroupNorm',
      norm: 'LayerNorm',
      inn: 'InstanceNorm1d',
      fc: 'Module',
    });
    expect(notes.join('\n')).toContain('inferred from classes, names and shapes');
  });
});
