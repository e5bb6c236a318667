// A client's connection over the simulated network: bytes keep their order, take their time, and wait while client and node
// cannot reach each other. The client's end may give it up while bytes of its own are still on their way.
import type { SeededRandom } from "../../../src/base/index";
import type { OutputBlock } from "../../../src/resp/index";
import type { Operation } from "../history";
import { SimLink } from "../sim-link";
import type { Agenda } from "./agenda";
import type { ClusterProcess } from "./cluster-process";

const RETRY_MS = 30;

export interface LinkEnds {
  /** A chunk has reached the server, or the client. */
  delivered(bytes: Buffer): void;
  answered(operation: Operation, reply: string): void;
  /** The client sees that the server has closed it, or is gone. */
  ended(): void;
}

export class ClusterLink extends SimLink {
  /** The client has given it up. */
  isAbandoned = false;
  private inputMoves = false;
  private outputMoves = false;
  private isEndSeen = false;

  constructor(
    process: number,
    database: number,
    readonly server: ClusterProcess,
    kernelTakesAll: boolean,
    private readonly agenda: Agenda,
    private readonly random: SeededRandom,
    private readonly latencyMs: number,
    private readonly ends: LinkEnds,
  ) {
    super(process, database, server.server, server.pool, kernelTakesAll);
  }

  // ── To the server ─────────────────────────────────────────────────────────────────────────────────────────────────

  override send(operation: Operation): void {
    super.send(operation);
    this.moveInput(this.delayMs);
  }

  private get delayMs(): number {
    return this.latencyMs * (0.5 + this.random.fraction());
  }

  private moveInput(delayMs: number): void {
    if (this.inputMoves) return;
    this.inputMoves = true;
    this.agenda.after(delayMs, () => {
      if (this.server.node.isCutFromClients) {
        this.inputMoves = false;
        return this.moveInput(RETRY_MS);
      }
      this.server.life.post(0, () => this.takeInput(), "clients");
    });
  }

  private takeInput(): void {
    this.inputMoves = false;
    if (this.isClosed || this.ended || !this.hasInput) return;
    // What was on its way when the server paused may still come.
    if (this.paused && this.random.chance(0.9)) return this.moveInput(RETRY_MS / 3);
    this.ends.delivered(this.deliverChunk(this.random));
    if (this.hasInput) this.moveInput(this.delayMs);
  }

  /** The client goes away. Bytes that it has sent may still arrive before its end does. */
  abandon(): void {
    if (this.isAbandoned) return;
    this.isAbandoned = true;
    const close = (): void => {
      if (this.isClosed) return;
      if (this.server.node.isCutFromClients) return this.agenda.after(RETRY_MS, close);
      const disconnect = (): void => {
        if (!this.isClosed) this.disconnect();
      };
      this.server.life.post(0, disconnect, "clients");
    };
    this.agenda.after(this.delayMs * (this.random.chance(0.5) ? 3 : 0.5), close);
  }

  // ── From the server ───────────────────────────────────────────────────────────────────────────────────────────────

  override write(block: OutputBlock): void {
    super.write(block);
    this.moveOutput(this.delayMs);
  }

  override end(): void {
    super.end();
    this.moveOutput(this.delayMs);
  }

  override destroy(): void {
    super.destroy();
    this.moveOutput(this.delayMs);
  }

  override serverDied(): void {
    super.serverDied();
    this.moveOutput(this.delayMs * (this.random.chance(0.2) ? 20 : 2));
  }

  private moveOutput(delayMs: number): void {
    if (this.outputMoves) return;
    this.outputMoves = true;
    this.agenda.after(delayMs, () => {
      this.outputMoves = false;
      if (this.server.node.isCutFromClients) return this.moveOutput(RETRY_MS);
      // The server hears of room in its socket, if it still runs.
      if (this.isClosed) this.takeOutput();
      else this.server.life.post(0, () => this.takeOutput(), "clients");
    });
  }

  private takeOutput(): void {
    if (this.isAbandoned) return;
    if (this.hasOutput) {
      // Of what was on its way from a server that died some is lost.
      if (!this.isClosed || this.random.chance(0.7)) {
        this.takeReplies();
        return this.moveOutput(this.delayMs);
      }
    } else if (!this.ended && !this.isClosed) {
      return;
    }
    if (this.isEndSeen) return;
    this.isEndSeen = true;
    this.ends.ended();
  }

  private takeReplies(): void {
    this.ends.delivered(this.take(this.random, (operation, reply) => this.ends.answered(operation, reply)));
  }
}
