// The receiving side, on the node that leads: runs commands that other nodes forward, for stand-ins of their clients. Stand-ins
// are kept from request to request, because clients may watch keys; beyond a number the ones that were used longest ago
// go, and a client whose stand-in has gone while it watched is told so.
import type { RedisServer } from "../redis-server";
import type { ClientName, ForwardOutcome, ForwardedRequest } from "./forwarding";
import type { StandIn } from "./stand-in";

const MAX_STAND_INS = 10_000;

export class StandIns {
  private readonly server: RedisServer;
  private readonly maxStandIns: number;
  /** The one used last is the last. */
  private readonly byClient = new Map<string, StandIn>();

  constructor(server: RedisServer, maxStandIns = MAX_STAND_INS) {
    this.server = server;
    this.maxStandIns = maxStandIns;
  }

  get count(): number {
    return this.byClient.size;
  }

  /** `done` is called exactly once, maybe in this call. */
  run(request: ForwardedRequest, done: (outcome: ForwardOutcome) => void): void {
    const standIn = this.of(request);
    if (standIn === undefined) done({ kind: "stateLost" });
    else standIn.run(request, done);
  }

  release(client: ClientName): void {
    const key = keyOf(client);
    this.byClient.get(key)?.close();
    this.byClient.delete(key);
  }

  private of({ client, watched }: ForwardedRequest): StandIn | undefined {
    const key = keyOf(client);
    let standIn = this.byClient.get(key);
    this.byClient.delete(key);
    if (standIn?.isBusy === true) {
      // Its node has given the earlier request up.
      standIn.close();
    }
    if (watched === "kept" && standIn?.isWatching !== true) {
      // It has gone since; one that came for other commands meanwhile knows nothing of the keys.
      standIn?.close();
      return undefined;
    }
    if (standIn === undefined || standIn.isClosed) {
      standIn = this.server.standIn(client);
      if (this.byClient.size >= this.maxStandIns) this.evict();
    }
    this.byClient.set(key, standIn);
    return standIn;
  }

  private evict(): void {
    for (const [key, standIn] of this.byClient) {
      if (standIn.isBusy) continue;
      this.byClient.delete(key);
      standIn.close();
      return;
    }
  }
}

function keyOf({ node, process, connection }: ClientName): string {
  return `${node}.${process}.${connection}`;
}
