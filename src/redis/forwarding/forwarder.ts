// The sending side: finds the node that leads and takes commands there, in the name of this node's clients. What a client's
// connection has to know meanwhile (the keys it watches at another node) stands in its TransactionState.
import type { Arguments } from "../../resp/index";
import type { ClientName, ForwardOutcome, ForwardingTransport, WatchedState } from "./forwarding";

export interface ForwarderOptions {
  readonly nodeId: number;
  /** Differs from process to process of this node. */
  readonly process: number;
  readonly transport: ForwardingTransport;
  /** The node that leads as far as is known; 0 if none is. */
  readonly leader: () => number;
}

/** What is sent: one command, or a transaction with its EXEC. */
export interface Outgoing {
  readonly connection: number;
  readonly database: number;
  readonly protocol: 2 | 3;
  readonly watched: WatchedState;
  /** Between MULTI and the command, which is an EXEC then; undefined for a command that is alone. */
  readonly queued: readonly Arguments[] | undefined;
  readonly args: Arguments;
}

const MULTI = Buffer.from("*1\r\n$5\r\nMULTI\r\n", "latin1");
const NOTHING = Buffer.alloc(0);

export class Forwarder {
  private readonly options: ForwarderOptions;
  /** By connection: the node that has a stand-in for it. */
  private readonly stoodInAt = new Map<number, number>();

  constructor(options: ForwarderOptions) {
    this.options = options;
  }

  /** The other node that leads; undefined if none is known to. */
  get target(): number | undefined {
    const { leader, nodeId } = this.options;
    const node = leader();
    return node === 0 || node === nodeId ? undefined : node;
  }

  send(to: number, outgoing: Outgoing, done: (outcome: ForwardOutcome) => void): void {
    const { connection, database, protocol, watched, queued, args } = outgoing;
    const before = this.stoodInAt.get(connection);
    if (before !== undefined && before !== to) this.release(connection);
    this.stoodInAt.set(connection, to);
    const request = {
      client: this.nameOf(connection),
      database,
      protocol,
      watched,
      prelude: queued === undefined ? NOTHING : Buffer.concat([MULTI, ...queued.map(encodeArguments)]),
      preludeCommands: queued === undefined ? 0 : queued.length + 1,
      command: encodeArguments(args),
    };
    this.options.transport.request(to, request, done);
  }

  /** The client has gone. */
  release(connection: number): void {
    const node = this.stoodInAt.get(connection);
    if (node === undefined) return;
    this.stoodInAt.delete(connection);
    this.options.transport.release(node, this.nameOf(connection));
  }

  private nameOf(connection: number): ClientName {
    const { nodeId, process } = this.options;
    return { node: nodeId, process, connection };
  }
}

/** A command as a client sends it, in bytes of its own. */
function encodeArguments(args: Arguments): Buffer {
  const heads: string[] = [];
  let bytes = 0;
  for (let i = 0; i < args.count; i++) {
    const head = `${i === 0 ? `*${args.count}` : ""}\r\n$${args.length(i)}\r\n`;
    heads.push(head);
    bytes += head.length + args.length(i);
  }
  const encoded = Buffer.allocUnsafe(bytes + 2);
  let at = 0;
  for (let i = 0; i < args.count; i++) {
    at += encoded.write(heads[i]!, at, "latin1");
    at = args.copy(i, encoded, at);
  }
  encoded.write("\r\n", at, "latin1");
  return encoded;
}
