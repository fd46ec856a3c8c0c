/** The rivals of one benchmark: started when asked for, closed together. */
import { type Peer, type PeerName, startPeer } from './peer.ts';

export class Peers {
  readonly #running = new Map<PeerName, Peer | string>();
  readonly versions: Record<string, string> = {};
  readonly threads: number;

  constructor(threads: number) {
    this.threads = threads;
  }

  async start(names: readonly PeerName[]): Promise<void> {
    for (const name of names) {
      const peer = await startPeer(name, this.threads);
      this.#running.set(name, peer);
      if (typeof peer !== 'string') Object.assign(this.versions, peer.versions);
    }
  }

  /** The peer, or why it is not there. */
  of(name: PeerName): Peer | string {
    return this.#running.get(name) ?? `internal: ${name} was not started`;
  }

  present(): Peer[] {
    return [...this.#running.values()].filter((peer) => typeof peer !== 'string');
  }

  async close(): Promise<void> {
    await Promise.all(this.present().map((peer) => peer.close()));
    this.#running.clear();
  }
}
