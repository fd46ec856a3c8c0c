/** One rank: every collective once, its results as JSON. */
import { distributed, type Tensor, tensor, zeros } from '../../../src/index.ts';

const { allReduce, allGather, broadcast, broadcastObject, reduceScatter, barrier, send, recv } = distributed;

await distributed.initProcessGroup({ timeoutMs: 20_000 });
const rank = distributed.getRank();
const size = distributed.getWorldSize();

/** Of rank r the values r + 1 and 10 (r + 1). */
const own = () => tensor([rank + 1, 10 * (rank + 1)]);
const values = (result: Tensor) => result.toArray();

const found: Record<string, unknown> = {};
for (const op of ['sum', 'mean', 'product', 'min', 'max'] as const) found[op] = values(await allReduce(own(), { op }));
found.broadcast = values(await broadcast(own(), { src: 1 }));
found.gathered = (await allGather(own())).map(values);
const parts = () => Array.from({ length: size }, (_, i) => tensor([rank + 1, 100 * i]));
for (const op of ['sum', 'mean', 'product', 'min', 'max'] as const)
  found[`scattered ${op}`] = values(await reduceScatter(parts(), { op }));
const ints = tensor([rank, 2 ** 40], { dtype: 'int64' });
found.int64 = values(await allReduce(ints));
found.object = await broadcastObject({ from: rank, text: 'ä' }, { src: size - 1 });

// Two at once, in the order of the calls.
const [first, second] = await Promise.all([allReduce(tensor([1])), allReduce(tensor([10]))]);
found.together = [values(first), values(second)];

// Around the ring: more waits than Node.js has threads for its own work, while a collective comes and goes.
const next = (rank + 1) % size;
const before = (rank + size - 1) % size;
const awaited = Array.from({ length: 8 }, (_, tag) => recv(zeros([2]), before, { tag }));
await barrier();
await Promise.all(Array.from({ length: 8 }, (_, tag) => send(tensor([rank, tag]), next, { tag })));
found.received = (await Promise.all(awaited)).map(values);

// The event loop goes on while a rank waits.
let ticks = 0;
const timer = setInterval(() => ticks++, 5);
if (rank === 0) await new Promise((resolve) => setTimeout(resolve, 200));
await barrier();
clearInterval(timer);
found.ticked = ticks > 10;

const odd = await distributed.newGroup([0, size - 1]);
found.member = odd !== null;
if (odd) {
  found.pair = values(await allReduce(own(), { group: odd }));
  found.place = distributed.getRank(odd);
  found.fromLast = values(await broadcast(own(), { src: size - 1, group: odd }));
  await distributed.destroyProcessGroup(odd);
}
await barrier();
await distributed.destroyProcessGroup();
found.left = distributed.isInitialized();
process.stdout.write(`${JSON.stringify(found)}\n`);
