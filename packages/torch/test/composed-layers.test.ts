/** Layers that are made of others. */
import { describe, expect, it } from 'vitest';
import { getRngState, manualSeed, nn, ones, type Tensor } from '../src/index.ts';

const values = (input: Tensor) => Array.from(input.data() as Float32Array);

describe('packed deformable convolutions', () => {
  it('start as convolutions: their offsets are zero and the mask one half', () => {
    manualSeed(0);
    const pack = new nn.ModulatedDeformConv2dPack(4, 6, 3, { padding: 1, deformGroups: 2 });
    const plain = new nn.DeformConv2dPack(4, 6, 3, { padding: 1 });
    const input = ones([1, 4, 5, 5]);
    const close = (a: Tensor, b: Tensor) => expect(a.sub(b).abs().max().item()).toBeLessThan(1e-6);
    close(pack.forward(input).mul(2), nn.functional.conv2d(input, pack.weight, null, { padding: 1 }));
    close(plain.forward(input), nn.functional.conv2d(input, plain.weight, null, { padding: 1 }));
    expect([...pack.stateDict().keys()]).toEqual(['weight', 'bias', 'conv_offset.weight', 'conv_offset.bias']);
    expect([pack.conv_offset.outChannels, plain.conv_offset.outChannels]).toEqual([54, 18]);
    expect([...plain.stateDict().keys()]).toEqual(['weight', 'conv_offset.weight', 'conv_offset.bias']);
  });
});

describe('stacks of transformer layers', () => {
  it('copy their layer: equal values, no shared ones, no random numbers used', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3 });
    const before = getRngState();
    const encoder = new nn.TransformerEncoder(layer, 2);
    expect(getRngState().equal(before)).toBe(true);
    const [first, second] = [encoder.layers.at(0), encoder.layers.at(1)];
    expect(values(first.linear1.weight)).toEqual(values(second.linear1.weight));
    expect(new Set(encoder.parameters()).size).toBe(2 * layer.parameters().length);
    expect([...encoder.stateDict().keys()][0]).toBe('layers.0.self_attn.in_proj_weight');
  });
});
