// The clients of a run. Each has one connection to some node, sends bursts and waits; where it is told that a command was
// certainly not run it tries elsewhere, where it hears nothing for a while it gives the connection up and does not know.
import type { SeededRandom } from "../../../src/base/index";
import type { Operation } from "../history";
import { TransactionClient } from "../transaction-workload";
import type { Request } from "../transaction-workload";
import { DATABASES, randomCommand } from "../workload";
import type { Agenda } from "./agenda";
import type { ClusterHistory } from "./cluster-history";
import { ClusterLink } from "./cluster-link";
import type { ClusterNode } from "./cluster-node";

const MAX_OUTSTANDING = 12;
const TRANSACTIONS = 0.2;
/** Who hurries thinks for so much of the time. */
const HURRY = 0.12;
/** How long a client that could not connect, or was refused, waits. */
const PAUSE_MS = 60;

interface Client {
  link: ClusterLink | undefined;
  transactions: TransactionClient | undefined;
  /** The node that it goes to next; undefined: any. */
  next: number | undefined;
  /** When it last heard from its server, or began to wait. */
  heardMs: number;
  /** Commands that were certainly not run, to be sent again elsewhere. */
  readonly again: (readonly string[])[];
}

export interface ClientsSurroundings {
  readonly agenda: Agenda;
  readonly random: SeededRandom;
  readonly history: ClusterHistory;
  readonly nodes: readonly ClusterNode[];
  readonly clients: number;
  readonly thinkMs: number;
  readonly latencyMs: number;
  /** How long a client waits for an answer. */
  readonly patienceMs: number;
  readonly mixBytes: (bytes: Buffer) => void;
  readonly note: (text: string) => void;
}

export class ClusterClients {
  private readonly all: readonly Client[];
  /** Given up by their client, and perhaps still open at their server. */
  private abandoned: ClusterLink[] = [];
  private lastProcess = 0;
  private lastValue = 0;
  private isCalm = false;
  /** Until then clients send much. */
  private hurriedUntilMs = 0;

  constructor(private readonly surroundings: ClientsSurroundings) {
    this.all = Array.from({ length: surroundings.clients }, () => ({
      link: undefined,
      transactions: undefined,
      next: undefined,
      heardMs: 0,
      again: [],
    }));
  }

  start(): void {
    for (const client of this.all) this.actLater(client, this.surroundings.thinkMs);
  }

  /** Much is asked for a while, as is when something goes wrong. */
  hurry(ms: number): void {
    this.hurriedUntilMs = this.surroundings.agenda.nowMs + ms;
  }

  /** No more commands; what was sent may still be answered. */
  calm(): void {
    this.isCalm = true;
  }

  get allAnswered(): boolean {
    return this.all.every(({ link }) => link === undefined || link.outstanding === 0);
  }

  /** Connections that their client has given up have ended at their server, too. */
  get areGone(): boolean {
    return this.abandoned.every(({ isClosed }) => isClosed);
  }

  private actLater(client: Client, delayMs: number): void {
    const { agenda, random } = this.surroundings;
    const pace = agenda.nowMs < this.hurriedUntilMs ? HURRY : 1;
    agenda.after(delayMs * pace * (0.2 + random.fraction() * 1.6), () => this.act(client));
  }

  private act(client: Client): void {
    const { agenda, thinkMs, patienceMs } = this.surroundings;
    const { link } = client;
    if (link !== undefined && link.outstanding > 0 && agenda.nowMs - client.heardMs > patienceMs) {
      this.surroundings.note(`client ${link.process} gives up waiting for n${link.server.node.nodeId}`);
      this.leave(client, link);
    }
    if (this.isCalm) {
      if (!this.allAnswered) this.actLater(client, thinkMs);
      return;
    }
    if (client.link === undefined) {
      this.connect(client);
      return this.actLater(client, client.link === undefined ? PAUSE_MS : thinkMs);
    }
    this.send(client, client.link);
    this.actLater(client, thinkMs);
  }

  private send(client: Client, link: ClusterLink): void {
    const { random } = this.surroundings;
    const { transactions } = client;
    if (transactions === undefined || link.isClosed || link.ended) return;
    // Who watches takes his time, so that much can happen meanwhile.
    if (transactions.isWatching && random.chance(0.5)) return;
    if (transactions.isWaiting) {
      if (link.outstanding === 0) transactions.goOn();
      return;
    }
    if (link.outstanding >= MAX_OUTSTANDING) return;
    if (link.outstanding === 0) client.heardMs = this.surroundings.agenda.nowMs;
    const words = client.again.shift();
    if (words !== undefined) {
      this.sendOn(link, { words });
      return;
    }
    if (random.chance(TRANSACTIONS)) return transactions.sendSome();
    for (let count = random.pick([1, 1, 1, 1, 2, 4]); count > 0; count--) {
      this.sendOn(link, { words: randomCommand(random, this.newValue) });
    }
  }

  private readonly newValue = (): string => `v${++this.lastValue}`;

  private connect(client: Client): void {
    const { random, nodes } = this.surroundings;
    const wanted = client.next ?? random.pick(nodes).nodeId;
    client.next = undefined;
    const node = nodes.find(({ nodeId }) => nodeId === wanted);
    const process = node?.process;
    if (node === undefined || process?.failure !== undefined || node.isCutFromClients) return;
    if (process === undefined || process.life.isStopped) return;
    this.open(client, node, random.pick(DATABASES));
  }

  /** Connects to a node that runs. */
  private open(client: Client, node: ClusterNode, database: number): ClusterLink {
    const { agenda, random, history, latencyMs, mixBytes } = this.surroundings;
    const server = node.process!;
    const link: ClusterLink = new ClusterLink(
      ++this.lastProcess,
      database,
      server,
      random.chance(0.4),
      agenda,
      random,
      latencyMs,
      {
        delivered: mixBytes,
        answered: (operation, reply) => {
          if (client.link === link) client.heardMs = agenda.nowMs;
          history.answered(link, operation, reply);
          if (reply.startsWith("-TRYAGAIN")) this.refused(client, link, operation);
        },
        ended: () => this.leave(client, link),
      },
    );
    server.links.push(link);
    client.link = link;
    client.heardMs = agenda.nowMs;
    client.transactions = new TransactionClient(link.process, random, this.newValue, (request) =>
      this.sendOn(link, request),
    );
    if (database !== 0) this.sendOn(link, { words: ["SELECT", String(database)], expects: "OK" });
    return link;
  }

  /** The node does not lead: the client asks another one, the leader if this one knows it. */
  private refused(
    client: Client,
    link: ClusterLink,
    { words, transaction, watchSet, expects }: Operation,
  ): void {
    const { random } = this.surroundings;
    if (
      transaction === undefined &&
      watchSet === undefined &&
      expects === undefined &&
      client.again.length < 4
    ) {
      client.again.push(words);
    }
    if (client.link !== link || random.chance(0.2)) return;
    const { leader } = link.server.group;
    if (leader !== 0 && leader !== link.server.node.nodeId && random.chance(0.8)) client.next = leader;
    this.leave(client, link);
  }

  private leave(client: Client, link: ClusterLink): void {
    if (link.isAbandoned) return;
    link.abandon();
    this.abandoned = this.abandoned.filter(({ isClosed }) => !isClosed);
    this.abandoned.push(link);
    this.surroundings.history.abandoned(link);
    if (client.link === link) client.link = undefined;
  }

  private sendOn(link: ClusterLink, request: Request): Operation {
    const operation = this.surroundings.history.operation(link.process, link.database, request);
    link.send(operation);
    return operation;
  }

  /** Some client goes away of its own accord. */
  disconnectOne(): void {
    const client = this.surroundings.random.pick(this.all);
    if (client.link === undefined) return;
    this.surroundings.note(`client ${client.link.process} disconnects`);
    this.leave(client, client.link);
  }

  /** A last client asks one node for something, without faults. */
  ask(node: ClusterNode, database: number, commands: readonly (readonly string[])[]): ClusterLink {
    const client: Client = {
      link: undefined,
      transactions: undefined,
      next: undefined,
      heardMs: 0,
      again: [],
    };
    const link = this.open(client, node, database);
    for (const words of commands) this.sendOn(link, { words });
    return link;
  }
}
