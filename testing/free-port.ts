/** What the command takes for the ranks that it starts, for the ranks that tests and benches start. */
export { freePort } from '../packages/cli/src/launch/port.ts';
