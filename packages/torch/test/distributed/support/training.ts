/** One rank that trains, with each of the settings in turn: `training.ts SETTINGS`. */
import { distributed, nn } from '../../../src/index.ts';
import { makeModel, type TrainingSettings, train } from './training-run.ts';

const all = JSON.parse(process.argv[2] as string) as TrainingSettings[];
await distributed.initProcessGroup({ timeoutMs: 20_000 });
const place = [distributed.getRank(), distributed.getWorldSize()] as const;
const results = all.map((settings) => {
  const model = new nn.parallel.DistributedDataParallel(makeModel());
  const sent: number[] = [];
  let before = distributed.traffic().bytes;
  const result = train(model, settings, place, () => {
    const { bytes } = distributed.traffic();
    sent.push(bytes - before);
    before = bytes;
  });
  model.dispose();
  return { ...result, sent };
});
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify(results)}\n`);
