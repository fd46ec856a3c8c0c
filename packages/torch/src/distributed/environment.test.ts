import { describe, expect, it } from 'vitest';
import { readMeeting } from './environment.ts';

const TORCHRUN = { RANK: '3', LOCAL_RANK: '1', WORLD_SIZE: '4', MASTER_ADDR: 'node0', MASTER_PORT: '29501' };

describe('readMeeting', () => {
  it('takes what torchrun says', () =>
    expect(readMeeting({}, TORCHRUN)).toEqual({
      rank: 3,
      localRank: 1,
      worldSize: 4,
      masterAddr: 'node0',
      masterPort: 29501,
      timeoutMs: 300_000,
      joinTimeoutMs: 300_000,
      holder: 0,
      prefix: '',
      device: '',
    }));

  it('leaves the store to a launcher that holds it', () => {
    const environment = { ...TORCHRUN, TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '2' };
    expect(readMeeting({}, environment)).toMatchObject({ holder: undefined, prefix: '/worker/attempt_2' });
  });

  it.each([
    ['Slurm', { SLURM_PROCID: '1', SLURM_NTASKS: '2', SLURM_LOCALID: '0' }],
    ['Open MPI', { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_LOCAL_RANK: '0' }],
  ])('takes what %s says', (_, environment) =>
    expect(readMeeting({}, environment)).toMatchObject({ rank: 1, worldSize: 2, localRank: 0, masterPort: 29_500 }),
  );

  it('prefers options, and listens on loopback or where GLOO_SOCKET_IFNAME says', () => {
    const options = { rank: 0, worldSize: 2, masterAddr: 'localhost', masterPort: 1, timeoutMs: 5 };
    expect(readMeeting(options, TORCHRUN)).toMatchObject({ ...options, device: '127.0.0.1' });
    expect(readMeeting({}, { ...TORCHRUN, GLOO_SOCKET_IFNAME: 'eth1' }).device).toBe('if:eth1');
  });

  it.each([
    [{}, {}, /neither the option worldSize nor the environment variable WORLD_SIZE is there; start the script by/],
    [{ worldSize: 2 }, {}, /neither the option rank nor/],
    [{ worldSize: 2, rank: 2 }, {}, /rank is 2; it must be a whole number from 0 to 1/],
    [{}, { ...TORCHRUN, WORLD_SIZE: 'four' }, /WORLD_SIZE is four; it must be a whole number/],
    [{ masterPort: 0 }, TORCHRUN, /masterPort is 0/],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, TORCHRUN, /timeoutMs is Infinity/],
  ])('refuses %o with %o', (options, environment, message) =>
    expect(() => readMeeting(options, environment)).toThrow(message),
  );
});
