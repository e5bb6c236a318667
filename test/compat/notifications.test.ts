// Keyspace notifications compared with redis-server: a subscriber on each side hears of random commands and transactions of
// every kind, under settings that change; what it hears, and in which order, is the same. BASALT_TEST_SEED gives the seed,
// BASALT_COMPAT_STEPS the number of commands.
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import { CommandMaker } from "./command-maker";
import type { RandomCommand } from "./command-maker";
import { FrameClient } from "./frame-client";
import { ListenedNode } from "./listened-node";
import { randomCommand } from "./random-commands";
import { randomTransaction } from "./random-transactions";
import { ReferenceServer } from "./reference-server";

const SEED = Number(process.env["BASALT_TEST_SEED"] ?? 7);
const STEPS = Number(process.env["BASALT_COMPAT_STEPS"] ?? 3000);
const BATCH_MAX = 20;
const SETTING_CHANGES = 0.1;
const SHORT_EXPIRY_PASSED_MS = 40;
const SETTINGS = ["KEAmn", "KEAmn", "KEAmn", "KEA", "Kg$", "E$hm", "KEn", "Ex", "KE", "A"];
/** They end the connection, or belong to whole transactions. */
const LEFT_OUT = /^(HELLO|QUIT|RESET|SHUTDOWN|MULTI|EXEC|DISCARD|WATCH|UNWATCH)$/i;

/** What commands that Basalt has tell of; each has to be heard. */
const EVENTS: readonly string[] = [
  ...["set", "append", "setrange", "incrby", "incrbyfloat", "setbit", "pfadd", "hset", "hdel"],
  ...["del", "expire", "persist", "rename_from", "rename_to", "copy_to", "move_from", "move_to"],
  ...["expired", "new", "keymiss"],
];

/** redis-server with two clients that act and one that listens. */
class ListenedRedis {
  private readonly actors: readonly FrameClient[];
  private readonly listener: FrameClient;

  private constructor(clients: readonly FrameClient[]) {
    const [listener, ...actors] = clients;
    this.listener = listener!;
    this.actors = actors;
  }

  static async connect(port: number): Promise<ListenedRedis> {
    const redis = new ListenedRedis(
      await Promise.all(Array.from({ length: 3 }, () => FrameClient.connect(port))),
    );
    redis.listener.send(["PSUBSCRIBE", "__key*__:*"]);
    await redis.listener.taken();
    return redis;
  }

  async listenTo(letters: string): Promise<void> {
    await this.act(0, [["CONFIG", "SET", "notify-keyspace-events", letters]]);
  }

  async act(at: number, commands: readonly (readonly ByteString[])[]): Promise<void> {
    for (const words of commands) this.actors[at]!.send(words);
    await this.actors[at]!.taken();
  }

  heard(): Promise<string[]> {
    return this.listener.taken();
  }

  close(): void {
    for (const client of [this.listener, ...this.actors]) client.close();
  }
}

class NotificationRun {
  readonly heard = new Set<string>();
  eventsTotal = 0;
  private readonly random = new SeededRandom(SEED);
  private readonly maker = new CommandMaker(this.random.fork(), Date.now());
  private readonly redis: ListenedRedis;
  private readonly basalt = new ListenedNode(SEED);
  private readonly history: string[] = [];

  constructor(redis: ListenedRedis) {
    this.redis = redis;
  }

  async run(): Promise<void> {
    await this.listenTo(SETTINGS[0]!);
    await this.act(0, this.population());
    await this.compare();
    for (let sent = 0; sent < STEPS || EVENTS.some((event) => !this.heard.has(event));) {
      if (this.random.chance(SETTING_CHANGES)) await this.listenTo(this.random.pick(SETTINGS));
      sent += this.random.chance(0.15) ? await this.transaction() : await this.batch();
      await this.compare();
    }
  }

  /** Between transactions, so that nothing is queued. */
  private async listenTo(letters: string): Promise<void> {
    this.history.push(`(listening to ${letters})`);
    await this.redis.listenTo(letters);
    this.basalt.listenTo(letters);
  }

  private population(): (readonly ByteString[])[] {
    return this.maker.population().map(({ words }) => words);
  }

  private async batch(): Promise<number> {
    const at = this.random.below(2);
    const length = this.random.between(1, BATCH_MAX);
    const batch: (readonly ByteString[])[] = [];
    let command: RandomCommand | undefined;
    while (batch.length < length && command?.expires === undefined) {
      command = randomCommand(this.maker);
      if (LEFT_OUT.test(command.words[0]!)) continue;
      batch.push(command.words);
      if (/^FLUSH/i.test(command.words[0]!)) batch.push(...this.population());
    }
    await this.act(at, batch);
    if (command?.expires !== undefined) {
      // Redis may remove it by itself meanwhile.
      if (command.soon === true) await sleep(SHORT_EXPIRY_PASSED_MS);
      await this.act(at, [["TYPE", command.expires]]);
    }
    return batch.length;
  }

  private async transaction(): Promise<number> {
    const steps = randomTransaction(this.maker);
    const at = this.random.below(2);
    for (let from = 0; from < steps.length;) {
      const { isOther } = steps[from]!;
      let to = from;
      while (to < steps.length && steps[to]!.isOther === isOther) to++;
      await this.act(
        isOther ? 1 - at : at,
        steps.slice(from, to).map(({ words }) => words),
      );
      from = to;
    }
    return steps.length;
  }

  /** Sends commands to both servers over the same connection, and waits for the replies. */
  private async act(at: number, commands: readonly (readonly ByteString[])[]): Promise<void> {
    for (const words of commands) {
      this.history.push(
        `${at === 0 ? "A" : "B"} ${words.map((word) => JSON.stringify(word.slice(0, 60))).join(" ")}`,
      );
    }
    await this.redis.act(at, commands);
    this.basalt.act(at, commands);
  }

  private async compare(): Promise<void> {
    const ofRedis = await this.redis.heard();
    const ofBasalt = this.basalt.heard();
    const history = this.history.slice(-2 * BATCH_MAX);
    expect({ history, events: ofBasalt }).toEqual({ history, events: ofRedis });
    this.eventsTotal += ofBasalt.length;
    for (const frame of ofBasalt) {
      const event = /__keyevent@\d+__:(\w+)/.exec(frame)?.[1];
      if (event !== undefined) this.heard.add(event);
    }
  }
}

test("random commands and transactions are told of as redis-server tells of them", async () => {
  const reference = await ReferenceServer.start();
  if (reference === undefined) {
    process.stdout.write("skipped: redis-server is not installed\n");
    return;
  }
  process.stdout.write(`notifications: seed ${SEED} (BASALT_TEST_SEED), ${STEPS} commands\n`);
  try {
    const redis = await ListenedRedis.connect(reference.port);
    const run = new NotificationRun(redis);
    await run.run();
    expect([...run.heard].sort()).toEqual([...EVENTS].sort());
    expect(run.eventsTotal).toBeGreaterThan(STEPS / 5);
    redis.close();
  } finally {
    await reference.stop();
  }
}, 120_000);
