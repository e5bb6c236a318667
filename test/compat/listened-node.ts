// Basalt in the test's process, with two clients that act and one that hears of all keyspace events. Half of what it reads is
// not in memory: commands are taken back and evaluated again all the time, and must tell of their effects once.
import { SeededRandom } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import { NotificationClass } from "../../src/redis/notifications";
import { ReplyParser, TypedReply, encodeCommand } from "../../src/resp/index";
import { ConnectionNode } from "../unit/redis/connection-node";
import type { TestClient } from "../unit/redis/connection-node";
import { render } from "./typed-client";

const ROUNDS_MAX = 100_000;

const {
  list,
  set,
  hash,
  sortedSet,
  expired,
  evicted,
  stream,
  module: modules,
  ...others
} = NotificationClass;
const { generic, string } = others;
const BITS: Readonly<Record<string, number>> = {
  K: others.keyspace,
  E: others.keyevent,
  g: generic,
  $: string,
  h: hash,
  x: expired,
  m: others.keyMiss,
  n: others.newKey,
  A: generic | string | list | set | hash | sortedSet | expired | evicted | stream | modules,
};

interface Actor {
  readonly client: TestClient;
  isQueueing: boolean;
}

export class ListenedNode {
  private readonly node: ConnectionNode;
  private readonly actors: readonly Actor[];
  private readonly listener: TestClient;
  private pings = 0;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.node = new ConnectionNode({
      isInMemory: () => random.chance(0.5),
      hotRowsBytes: 0,
      outputLimitBytes: 64 * 1024 * 1024,
    });
    this.actors = [0, 1].map(() => ({ client: this.node.client(), isQueueing: false }));
    this.listener = this.node.client();
    this.listener.send("PSUBSCRIBE __key*__:*");
    this.listener.text();
  }

  /** The letters of notify-keyspace-events. */
  listenTo(letters: string): void {
    this.node.limits.keyspaceEvents = [...letters].reduce((bits, letter) => bits | BITS[letter]!, 0);
  }

  /** Runs commands of one client to their end. */
  act(at: number, commands: readonly (readonly ByteString[])[]): void {
    const { node } = this;
    const actor = this.actors[at]!;
    for (const [name = ""] of commands) {
      if (name === "MULTI") actor.isQueueing = true;
      if (name === "EXEC" || name === "DISCARD") actor.isQueueing = false;
    }
    const ping = `ping-of-its-own-${++this.pings}`;
    const end = actor.isQueueing ? ["MULTI"] : ["PING", ping];
    const ended = actor.isQueueing ? "MULTI calls can not be nested\r\n" : `${ping}\r\n`;
    node.clock.wall = Math.max(node.clock.wall, Date.now());
    actor.client.sendBytes(Buffer.concat([...commands, end].map(encodeCommand)));
    for (let text = "", round = 0; !text.endsWith(ended); round++) {
      if (round === ROUNDS_MAX) throw new Error(`no end of ${commands.map(([name]) => name).join(" ")}`);
      node.settle();
      node.loadAll();
      node.scheduler.pass(1);
      text = (text + actor.client.text()).slice(-100);
    }
  }

  /** What has been heard since it was asked last. */
  heard(): string[] {
    const parser = new ReplyParser({ typed: true });
    parser.push(Buffer.from(this.listener.text(), "latin1"));
    const frames: string[] = [];
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) {
      if (!(reply instanceof TypedReply)) throw new Error("a typed parser gives typed replies");
      frames.push(render(reply));
    }
    return frames;
  }
}
