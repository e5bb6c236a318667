// The network between nodes: every batch takes its own time, so they overtake one another; some are lost, some come twice,
// and what a cut takes, in one direction or in both, is lost. Nothing else is assumed of it.
import type { SeededRandom } from "../../../src/base/index";
import { Message } from "../../../src/raft/core/index";
import type { PeerBatch } from "../../../src/raft/host/index";
import type { Agenda } from "./agenda";

const RESEND_MS = 200;

/** What the network is like, for a run or a while. */
export interface Weather {
  readonly minMs: number;
  readonly spreadMs: number;
  /** How likely a batch is late by up to `lateMs`, is lost, or comes twice. */
  readonly late: number;
  readonly lateMs: number;
  readonly loss: number;
  readonly duplicate: number;
}

/** What became of a batch. */
export interface Passage {
  readonly batch: PeerBatch;
  readonly sentMs: number;
  /** undefined: it was lost. */
  readonly arrivesMs: number | undefined;
}

export class Network {
  /** "from>to" of directions that are cut. */
  private readonly cuts = new Set<string>();
  /** When each node last sent something urgent. */
  private readonly urgentMs = new Map<number, number>();

  constructor(
    private readonly agenda: Agenda,
    private readonly random: SeededRandom,
    public weather: Weather,
    private readonly arrive: (batch: PeerBatch) => void,
    private readonly note: (passage: Passage) => void,
  ) {}

  cut(from: number, to: number): void {
    this.cuts.add(`${from}>${to}`);
  }

  heal(from: number, to: number): void {
    this.cuts.delete(`${from}>${to}`);
  }

  healAll(): void {
    this.cuts.clear();
  }

  isCut(from: number, to: number): boolean {
    return this.cuts.has(`${from}>${to}`);
  }

  /** The node has asked or answered something urgent (heartbeats, votes) within the last so many ms. */
  hasJustAsked(node: number, withinMs: number): boolean {
    return this.agenda.nowMs - (this.urgentMs.get(node) ?? Number.NEGATIVE_INFINITY) <= withinMs;
  }

  /** The time that bytes of a stream take, which are sent again until they arrive. */
  get streamDelayMs(): number {
    const { random, weather } = this;
    const lateMs = random.chance(weather.late) ? random.fraction() * weather.lateMs : 0;
    const againMs = random.chance(weather.loss) ? RESEND_MS : 0;
    return weather.minMs + random.fraction() * weather.spreadMs + lateMs + againMs;
  }

  /** True if the sender's side knows at once that it is lost, as of a refused connection. */
  send(batch: PeerBatch): boolean {
    const { random, weather } = this;
    if (batch.lane === "urgent") this.urgentMs.set(batch.from, this.agenda.nowMs);
    const copies = random.chance(weather.duplicate) ? [copyOf(batch), batch] : [batch];
    for (const copy of copies) {
      if (this.isCut(batch.from, batch.to) || random.chance(weather.loss)) {
        this.note({ batch: copy, sentMs: this.agenda.nowMs, arrivesMs: undefined });
        continue;
      }
      const lateMs = random.chance(weather.late) ? random.fraction() * weather.lateMs : 0;
      const delayMs = weather.minMs + random.fraction() * weather.spreadMs + lateMs;
      this.note({ batch: copy, sentMs: this.agenda.nowMs, arrivesMs: this.agenda.nowMs + delayMs });
      this.agenda.after(delayMs, () => {
        if (!this.isCut(copy.from, copy.to)) this.arrive(copy);
      });
    }
    return this.isCut(batch.from, batch.to) && random.chance(0.1);
  }
}

/** Each receiver owns its messages; what they point to is never changed and may be shared. */
function copyOf(batch: PeerBatch): PeerBatch {
  const messages = batch.messages.map(({ group, message }) => ({
    group,
    message: Object.assign(new Message(message.type, message.to), message),
  }));
  return { ...batch, messages };
}
