/** A rank of Node.js beside one of Python. */
import { distributed, tensor } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 30_000 });
const rank = distributed.getRank();
const sum = await distributed.allReduce(tensor([rank + 1, 0.5]));
const received = await distributed.broadcast(tensor([rank, rank]), { src: 1 });
const gathered = await distributed.allGather(tensor([rank]));
const group = await distributed.newGroup([0, 1]);
const inGroup = await distributed.allReduce(tensor([rank]), { op: 'max', group: group! });
await distributed.barrier();
const found = [sum, received, ...gathered, inGroup].map((each) => each.toArray());
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify(found)}\n`);
