/**
 * The only file that loads the addon: its typed surface, and help when it does not load.
 *
 * Every function but the first six takes its arguments from the call buffer (see `wire.ts`) and returns a number;
 * -1 says that the result lies in the buffer. The C++ side is `native/exports.h`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type WireCall = () => number;

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
  manualSeed: WireCall;
  getRngState: WireCall;
  setRngState: WireCall;
  threads: WireCall;
  setThreads: WireCall;
  versions: WireCall;
  /** Put here by `wire.ts`. */
  wire?: { words: Float64Array };
}

const addonUrl = new URL('../build/Release/paramwise_torch.node', import.meta.url);

function load(): NativeAddon {
  const path = fileURLToPath(addonUrl);
  if (!existsSync(path))
    throw new Error(
      `the native engine is not built (${path} is missing).\n` +
        'Run `npm run setup` in the checkout; `npm run doctor` says what it needs.',
    );
  try {
    return createRequire(import.meta.url)(path) as NativeAddon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the native engine does not load: ${reason}\n` +
        'Most often libtorch was removed or replaced since the build: run `npm run setup` to build again, ' +
        'with LIBTORCH=/path when it lies outside the system folders. `npm run doctor` shows what is found.',
      { cause },
    );
  }
}

export const native: NativeAddon = load();
