/** Models on several ranks. */
export { type DataParallelOptions, DistributedDataParallel } from '../distributed/data-parallel.ts';
