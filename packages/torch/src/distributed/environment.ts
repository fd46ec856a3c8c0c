/** Which rank a process is, and where the ranks meet: as launchers tell by environment variables, or as the caller says. */

export interface ProcessGroupOptions {
  /** What tensors travel by. Default and only one: `gloo`. */
  backend?: 'gloo';
  /** This process among all, from 0. Default: `RANK`, else Slurm's or Open MPI's number. */
  rank?: number;
  /** How many processes there are. Default: `WORLD_SIZE`, else Slurm's or Open MPI's number. */
  worldSize?: number;
  /** This process among those of its machine. Default: `LOCAL_RANK`, else Slurm's or Open MPI's number, else `rank`. */
  localRank?: number;
  /** Host name or address of rank 0's machine. Default: `MASTER_ADDR`, else `127.0.0.1`. */
  masterAddr?: string;
  /** A free port there. Default: `MASTER_PORT`, else 29500. */
  masterPort?: number;
  /** How long any wait for other ranks may take, in milliseconds. Default 300,000 (five minutes). */
  timeoutMs?: number;
  /** How long to wait for the others to come. Default `timeoutMs`. */
  joinTimeoutMs?: number;
}

/** Where ranks meet, complete. */
export interface Meeting {
  readonly rank: number;
  readonly worldSize: number;
  readonly localRank: number;
  readonly masterAddr: string;
  readonly masterPort: number;
  readonly timeoutMs: number;
  readonly joinTimeoutMs: number;
  /** The rank that holds the store; undefined where the launcher does. */
  readonly holder: number | undefined;
  /** Goes before all keys in the store: a launcher's store outlives an attempt. */
  readonly prefix: string;
  /** What Gloo listens on: an address, or `if:` and names of network interfaces; empty for the host name's address. */
  readonly device: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const RANK = ['RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'];
const WORLD_SIZE = ['WORLD_SIZE', 'SLURM_NTASKS', 'OMPI_COMM_WORLD_SIZE'];
const LOCAL_RANK = ['LOCAL_RANK', 'SLURM_LOCALID', 'OMPI_COMM_WORLD_LOCAL_RANK'];
const INIT = 'initProcessGroup';
const LONGEST_MS = 2 ** 31 - 1;

/** @throws Error that names what is missing, or what is no such number */
export function readMeeting(options: ProcessGroupOptions, environment: Environment = process.env): Meeting {
  const number = (given: number | undefined, option: string, names: readonly string[], least: number, most: number) =>
    given === undefined ? numberIn(environment, names, least, most) : checked(given, option, least, most);
  const worldSize =
    number(options.worldSize, 'worldSize', WORLD_SIZE, 1, 2 ** 20) ?? missing('worldSize', 'WORLD_SIZE');
  const rank = number(options.rank, 'rank', RANK, 0, worldSize - 1) ?? missing('rank', 'RANK');
  const masterAddr = options.masterAddr ?? environment.MASTER_ADDR ?? '127.0.0.1';
  const timeoutMs = checkedLimit(INIT, 'timeoutMs', options.timeoutMs ?? 300_000);
  const byLauncher = environment.TORCHELASTIC_USE_AGENT_STORE === 'True';
  return {
    rank,
    worldSize,
    localRank: number(options.localRank, 'localRank', LOCAL_RANK, 0, worldSize - 1) ?? rank,
    masterAddr,
    masterPort: number(options.masterPort, 'masterPort', ['MASTER_PORT'], 1, 65_535) ?? 29_500,
    timeoutMs,
    joinTimeoutMs: checkedLimit(INIT, 'joinTimeoutMs', options.joinTimeoutMs ?? timeoutMs),
    holder: byLauncher ? undefined : 0,
    prefix: byLauncher ? `/worker/attempt_${environment.TORCHELASTIC_RESTART_COUNT ?? 0}` : '',
    device: deviceFor(masterAddr, environment.GLOO_SOCKET_IFNAME),
  };
}

/** As PyTorch, but where all ranks are on this machine the host name need not lead anywhere. */
function deviceFor(masterAddr: string, interfaces: string | undefined): string {
  if (interfaces) return `if:${interfaces}`;
  return /^(127\.|localhost$)/.test(masterAddr) ? '127.0.0.1' : '';
}

function numberIn(environment: Environment, names: readonly string[], least: number, most: number): number | undefined {
  const name = names.find((each) => environment[each] !== undefined && environment[each] !== '');
  return name === undefined ? undefined : checked(Number(environment[name]), name, least, most, environment[name]);
}

/** @throws RangeError for what is no time limit in milliseconds */
export function checkedLimit(what: string, name: string, value: number): number {
  return checked(value, name, 1, LONGEST_MS, value, what);
}

function checked(value: number, name: string, least: number, most: number, text: unknown = value, what = INIT): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${what}: ${name} is ${text}; it must be a whole number from ${least} to ${most}`);
}

function missing(option: string, variable: string): never {
  throw new Error(
    `initProcessGroup: neither the option ${option} nor the environment variable ${variable} is there; start the script by \`paramwise launch\`, torchrun or srun, which set it, or give the option`,
  );
}
