// Commands that go to the node that leads: what is carried, how it may end, and the transport between nodes as an interface
// (in one process: in-process-forwarding.ts; between processes: gRPC, later). Effects never travel this way, only commands:
// the leader evaluates them for a *stand-in* of the client (stand-ins.ts).
//
// A request whose bytes have left is never sent again, by anybody: whether it was run is known only by its answer.

export interface ClientName {
  /** The node that the client is connected to, and its process: a number that differs from every other process of the node. */
  readonly node: number;
  readonly process: number;
  /** The connection there. */
  readonly connection: number;
}

/**
 * Keys that earlier requests of the client watch at the stand-in. `kept`: they have to be there still; `dropped`: there are none
 * any more; `any`: the command has nothing to do with them.
 */
export type WatchedState = "kept" | "dropped" | "any";

export interface ForwardedRequest {
  readonly client: ClientName;
  readonly database: number;
  readonly protocol: 2 | 3;
  readonly watched: WatchedState;
  /** Commands, as clients send them, whose replies nobody wants: MULTI and what was queued behind it. */
  readonly prelude: Buffer;
  readonly preludeCommands: number;
  /** The command, as clients send it. */
  readonly command: Buffer;
}

export type ForwardOutcome =
  /** One whole reply; `database` is the client's from now on. */
  | { readonly kind: "answered"; readonly reply: Buffer; readonly database: number }
  /** The bytes have not left: it was certainly not run. */
  | { readonly kind: "notSent" }
  /** Watched keys were to be kept and the stand-in is not there any more: it was certainly not run. */
  | { readonly kind: "stateLost" }
  /** The bytes have left, and no answer will come: it may have been run. */
  | { readonly kind: "unknown" };

export interface ForwardingTransport {
  /** Takes the request to a node. `done` is called exactly once, on a later turn. A client has one request at a time. */
  request(node: number, request: ForwardedRequest, done: (outcome: ForwardOutcome) => void): void;
  /** The client is gone, or asks another node from now on: its stand-in is not needed. May be lost. */
  release(node: number, client: ClientName): void;
}
