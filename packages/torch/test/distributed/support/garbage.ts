/** One rank that passes what makes no sense to every function; what each says, as JSON. */
import { distributed, empty, nn, type Tensor, tensor, zeros } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 10_000 });
const rank = distributed.getRank();
const other = 1 - rank;
const said: Record<string, string> = {};
const bad = (value: unknown) => value as never;

async function attempt(name: string, action: () => unknown): Promise<void> {
  try {
    await action();
    said[name] = 'nothing';
  } catch (error) {
    said[name] = `${(error as Error).name}: ${(error as Error).message}`;
  }
}

const disposed = tensor([1]);
disposed.dispose();
const functions: Record<string, (value: Tensor) => Promise<unknown>> = {
  allReduce: (value) => distributed.allReduce(value),
  broadcast: (value) => distributed.broadcast(value),
  allGather: (value) => distributed.allGather(value),
  reduceScatter: (value) => distributed.reduceScatter([value, value]),
  send: (value) => distributed.send(value, other),
  recv: (value) => distributed.recv(value, other),
};
const values: Record<string, () => unknown> = {
  disposed: () => disposed,
  null: () => null,
  meta: () => empty([2], { device: 'meta' }),
  transposed: () => zeros([2, 3]).t(),
};
for (const [name, call] of Object.entries(functions))
  for (const [kind, make] of Object.entries(values)) await attempt(`${name} ${kind}`, () => call(bad(make())));

for (const tag of [-1, 1.5, Number.NaN, 2 ** 40, 'a']) {
  await attempt(`send tag ${tag}`, () => distributed.send(tensor([1]), other, { tag: bad(tag) }));
  await attempt(`recv tag ${tag}`, () => distributed.recv(tensor([1]), other, { tag: bad(tag) }));
}
for (const to of [-1, 2, rank, Number.NaN, 'x', null])
  await attempt(`send to ${to}`, () => distributed.send(tensor([1]), bad(to)));
for (const group of [null, {}, 'x', 7]) {
  const text = JSON.stringify(group);
  await attempt(`allReduce in ${text}`, () => distributed.allReduce(tensor([1]), { group: bad(group) }));
  await attempt(`destroy ${text}`, () => distributed.destroyProcessGroup(bad(group)));
  await attempt(`size of ${text}`, () => distributed.getWorldSize(bad(group)));
  const options = { processGroup: bad(group) };
  await attempt(`model in ${text}`, () => new nn.parallel.DistributedDataParallel(new nn.Linear(1, 1), options));
}
for (const bucketCapMb of [Number.POSITIVE_INFINITY, 0, 'x'])
  await attempt(
    `bucket ${bucketCapMb}`,
    () => new nn.parallel.DistributedDataParallel(new nn.Linear(1, 1), { bucketCapMb: bad(bucketCapMb) }),
  );
for (const timeoutMs of [-1, 0, Number.NaN, 'x', 1e300])
  await attempt(`newGroup limit ${timeoutMs}`, () => distributed.newGroup([0, 1], { timeoutMs: bad(timeoutMs) }));
for (const ranks of [[], [5], [0, 0], [0.5], null, 7, ['0']])
  await attempt(`newGroup ${JSON.stringify(ranks)}`, () => distributed.newGroup(bad(ranks)));
for (const op of ['median', null, 3])
  await attempt(`op ${op}`, () => distributed.allReduce(tensor([1]), { op: bad(op) }));
await attempt('nothing to send', () => distributed.broadcastObject(undefined, { src: rank }));

const left = await distributed.newGroup([0, 1]);
await distributed.destroyProcessGroup(left as distributed.ProcessGroup);
await attempt('left', () => distributed.allReduce(tensor([1]), { group: left as distributed.ProcessGroup }));

// What Gloo has no arithmetic for; and nothing at all.
const odd: Record<string, unknown> = {};
for (const dtype of ['bool', 'bfloat16', 'complex64'] as const)
  await attempt(`sum of ${dtype}`, () => distributed.allReduce(zeros([2], { dtype })));
for (const name of ['allReduce', 'broadcast', 'allGather', 'reduceScatter'])
  await attempt(`${name} of none`, async () => {
    odd[name] = await functions[name]?.(zeros([0]));
  });
const reached = (await distributed.allReduce(tensor([rank + 1]))).toArray();
await distributed.destroyProcessGroup();
process.stdout.write(`${JSON.stringify({ said, reached })}\n`);
