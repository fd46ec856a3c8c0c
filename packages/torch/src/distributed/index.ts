/** Several processes that train one model: `torch.distributed`, on libtorch's own c10d. */
export {
  allGather,
  allReduce,
  type BroadcastOptions,
  barrier,
  broadcast,
  broadcastObject,
  type GroupOption,
  type ReduceOperation,
  type ReduceOptions,
  recv,
  reduceScatter,
  send,
  type TagOption,
  type Traffic,
  traffic,
} from './collectives.ts';
export { DistributedError } from './exchange.ts';
export {
  destroyProcessGroup,
  getLocalRank,
  getRank,
  getWorldSize,
  initProcessGroup,
  isInitialized,
  newGroup,
  type ProcessGroup,
  type ProcessGroupOptions,
} from './process-group.ts';
