/**
 * The only file that loads the addon: its typed surface, and help when it does not load.
 *
 * Every function but the first six takes its arguments from the call buffer (see `wire.ts`) and returns a number;
 * -1 says that the result lies in the buffer. The C++ side is `native/exports.h`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type WireCall = () => number;
type WirePromise = () => Promise<number>;

export interface NativeAddon {
  bindWire(buffer: ArrayBuffer): void;
  intern(text: string): number;
  stringOf(id: number): string;
  schemas(): string[];
  fromBytes(buffer: ArrayBuffer, byteOffset: number, byteLength: number): number;
  toBytes(): ArrayBuffer;
  find: WireCall;
  call: WireCall;
  allowUnchecked: WireCall;
  release: WireCall;
  info: WireCall;
  alive: WireCall;
  item: WireCall;
  liveCount: WireCall;
  liveBytes: WireCall;
  emptyCache: WireCall;
  backward: WireCall;
  grad: WireCall;
  gradEnabled: WireCall;
  setGradEnabled: WireCall;
  requiresGrad: WireCall;
  getGrad: WireCall;
  setGrad: WireCall;
  setAutocast: WireCall;
  setData: WireCall;
  haveGrads: WireCall;
  zeroGrads: WireCall;
  gradNorm: WireCall;
  gradsFinite: WireCall;
  scaleGrads: WireCall;
  clipGradValue: WireCall;
  optimizerCheck: WireCall;
  optimizerStep: WireCall;
  joinGroup: WirePromise;
  splitGroup: WirePromise;
  leaveGroup: WirePromise;
  workPromise: WirePromise;
  workWait: WireCall;
  allReduce: WireCall;
  broadcast: WireCall;
  allGather: WireCall;
  allToAll: WireCall;
  barrier: WireCall;
  send: WireCall;
  receive: WireCall;
  broadcastAll: WireCall;
  traffic: WireCall;
  lostRanks: WireCall;
  newReducer: WireCall;
  beforeForward: WireCall;
  beforeBackward: WireCall;
  releaseReducer: WireCall;
  manualSeed: WireCall;
  getRngState: WireCall;
  setRngState: WireCall;
  seededOrder: WireCall;
  threads: WireCall;
  setThreads: WireCall;
  versions: WireCall;
  /** Put here by `wire.ts`. */
  wire?: { words: Float64Array };
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const addonPath = pathOf('../build/Release/paramwise_torch.node');
/** Sources are not published: where they are is a checkout. */
const inCheckout = existsSync(pathOf('../src/native.ts'));

/** What `scripts/install.mjs` said, which npm does not show: the gap, and the command that closes it. */
function gap(): string | undefined {
  const path = pathOf('../build/gap.txt');
  return existsSync(path) ? `Why: ${readFileSync(path, 'utf8').trimEnd()}` : undefined;
}

function notBuilt(): string {
  const what = `the native engine is not built (${addonPath} is missing).\n`;
  if (inCheckout) return `${what}Run \`npm run setup\` in the checkout; \`npm run doctor\` says what it needs.`;
  return what + (gap() ?? 'Run `npx paramwise setup` (without @paramwise/cli: `npm rebuild @paramwise/torch`).');
}

function doesNotLoad(reason: string): string {
  const [setup, doctor] = inCheckout
    ? ['npm run setup', 'npm run doctor']
    : ['npx paramwise setup', 'npx paramwise doctor'];
  return (
    `the native engine does not load: ${reason}\n` +
    `Most often libtorch was removed or replaced since the build: run \`${setup}\` to build again, ` +
    `with LIBTORCH=/path when it lies outside the system folders. \`${doctor}\` shows what is found.`
  );
}

function load(): NativeAddon {
  if (!existsSync(addonPath)) throw new Error(notBuilt());
  try {
    return createRequire(import.meta.url)(addonPath) as NativeAddon;
  } catch (cause) {
    throw new Error(doesNotLoad(cause instanceof Error ? cause.message : String(cause)), { cause });
  }
}

export const native: NativeAddon = load();
