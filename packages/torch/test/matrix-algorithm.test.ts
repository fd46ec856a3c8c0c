/** `matrix_algorithm` on modules of the engine: embeddings and the tied output layer keep the optimizer's algorithm. */
import { expect, it } from 'vitest';
import { buildOptimWrapper, nn } from '../src/index.ts';

it('steps neither wte, wpe nor the tied head of nanoGPT by Muon', () => {
  const wte = new nn.Embedding(85, 96);
  const head = new nn.Linear(96, 85, { bias: false });
  head.weight.dispose();
  head.weight = wte.weight;
  const h = new nn.Sequential(new nn.Linear(96, 96), new nn.Linear(96, 96));
  const model = new nn.Sequential({ wte, wpe: new nn.Embedding(64, 96), h, lm_head: head });
  const paramwise_cfg = { bypass_duplicate: true, matrix_algorithm: { type: 'Muon' } };
  const warnings: string[] = [];
  const onWarning = (warning: string) => warnings.push(warning);
  const cfg = { optimizer: { type: 'AdamW', lr: 0.001 }, paramwise_cfg };
  const { paramGroups } = buildOptimWrapper(model, cfg, { onWarning }).optimizer;
  const muon = paramGroups.filter(({ algorithm }) => algorithm === 'Muon').flatMap(({ paramNames }) => paramNames);
  expect(muon).toEqual(['h.0.weight', 'h.1.weight']);
  expect(warnings.join()).toContain(
    'matrix_algorithm leaves wte.weight (85×96, an embedding), wpe.weight (64×96, an embedding) to AdamW',
  );
});
