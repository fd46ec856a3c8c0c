/** One of two ranks, of which the second does not come to an exchange: `left-alone.ts late|left`. */
import { distributed, tensor } from '../../../src/index.ts';

await distributed.initProcessGroup({ timeoutMs: 1500, joinTimeoutMs: 20_000 });
await distributed.barrier();
if (distributed.getRank() === 1) {
  if (process.argv[2] === 'late') await new Promise((resolve) => setTimeout(resolve, 4500));
  else await distributed.destroyProcessGroup();
  process.stdout.write('"away"\n');
} else {
  const start = Date.now();
  const error = await distributed.allReduce(tensor([1])).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof distributed.DistributedError)) throw new Error(`not refused: ${error}`);
  const { message, ranks } = error;
  const ms = Date.now() - start;
  // The process is well: what needs no others goes on.
  const sum = tensor([1, 2]).sum().item();
  await distributed.destroyProcessGroup();
  process.stdout.write(`${JSON.stringify({ message, ranks, ms, sum })}\n`);
}
