// A differential run: the same random commands to a real redis-server and to Basalt, over one connection in RESP2 and one
// in RESP3, in pipelines of random length, with Basalt killed or stopped and started again in between. Stops at the first
// reply that differs and says what was sent.
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import type { TypedReply } from "../../src/resp/index";
import { BasaltProcess, temporaryDirectory } from "../integration/support/basalt-process";
import { CommandMaker } from "./command-maker";
import type { RandomCommand } from "./command-maker";
import { isSame, isSameTransaction } from "./comparison";
import { Coverage } from "./coverage";
import { MALFORMED_COMMANDS } from "./malformed-commands";
import { randomCommand } from "./random-commands";
import { isExec, randomTransaction } from "./random-transactions";
import type { ReferenceServer } from "./reference-server";
import { TypedClient, isError, itemsOf, render } from "./typed-client";

export interface CompatOptions {
  readonly seed: number;
  /** Random commands in all. */
  readonly commands: number;
  /** Restarts of Basalt, spread over them: by SIGKILL, by SIGTERM and by SHUTDOWN in turn. */
  readonly restarts: number;
  /** Tags that must have succeeded at least once in the end; what chance left out is made up for. */
  readonly mustCover: readonly string[];
}

/** What only whole transactions cover. */
export const TRANSACTION_TAGS = ["MULTI", "EXEC", "EXEC run", "EXEC nil", "DISCARD", "WATCH", "UNWATCH"];

const ENDINGS_OF_TRANSACTIONS = ["EXEC", "DISCARD"];

type Ending = "SIGKILL" | "SIGTERM" | "SHUTDOWN";
const ENDINGS: readonly Ending[] = ["SIGKILL", "SIGTERM", "SHUTDOWN"];
const BATCH_MAX = 40;
const SHORT_EXPIRY_PASSED_MS = 40;

/** The same connection to both servers. */
interface Pair {
  readonly redis: TypedClient;
  readonly basalt: TypedClient;
}

/** What a connection must be brought to after Basalt was started again. */
interface PairState {
  protocol: "2" | "3";
  database: string;
}

export class CompatRun {
  readonly coverage = new Coverage();
  private readonly options: CompatOptions;
  private readonly random: SeededRandom;
  private readonly maker: CommandMaker;
  private readonly reference: ReferenceServer;
  private readonly directory = temporaryDirectory("compat");
  private basalt: BasaltProcess | undefined;
  private starts = 0;
  private pairs: Pair[] = [];
  private states: PairState[] = [
    { protocol: "2", database: "0" },
    { protocol: "3", database: "0" },
  ];
  private readonly history: string[] = [];
  /** What the present transaction has queued. */
  private queued: (readonly ByteString[])[] = [];

  constructor(reference: ReferenceServer, options: CompatOptions) {
    this.reference = reference;
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.maker = new CommandMaker(this.random.fork(), Date.now());
  }

  async run(): Promise<void> {
    try {
      await this.start();
      await this.cleanReference();
      await this.connect();
      await this.malformed();
      await this.randomCommands();
      await this.coverTheRest();
      await this.compareEverything();
    } finally {
      await this.disconnect();
      await this.basalt?.kill();
      this.directory.remove();
    }
  }

  /** Every other start without a cache of hot rows, so that reads go to storage. */
  private async start(): Promise<void> {
    const flags = this.starts++ % 2 === 0 ? [] : ["--hot-rows-bytes", "0"];
    this.basalt = await BasaltProcess.start({ directory: this.directory.path, flags });
  }

  private async cleanReference(): Promise<void> {
    const client = await TypedClient.connect(this.reference.port);
    await client.call("FLUSHALL");
    await client.close();
  }

  private async connect(): Promise<void> {
    for (let i = 0; i < this.states.length; i++) await this.connectPair(i);
  }

  private async connectPair(at: number): Promise<void> {
    const redis = await TypedClient.connect(this.reference.port);
    const basalt = await TypedClient.connect(this.basalt?.redisPort ?? 0);
    this.pairs[at] = { redis, basalt };
    const { protocol, database } = this.states[at]!;
    await this.compare(at, [
      ["HELLO", protocol],
      ["SELECT", database],
    ]);
  }

  private async disconnect(): Promise<void> {
    for (const { redis, basalt } of this.pairs) {
      await redis.close();
      await basalt.close();
    }
    this.pairs = [];
  }

  /** Every reply was received, so nothing is in flight: neither a kill nor a stop may lose anything. */
  private async restart(ending: Ending): Promise<void> {
    this.history.push(`(Basalt ends by ${ending} and is started again)`);
    for (let at = 0; at < this.states.length; at++) await this.noteState(at);
    if (ending === "SHUTDOWN")
      await this.pairs[0]!.basalt.pipeline([["SHUTDOWN", this.random.pick(["NOSAVE", "SAVE"])]]);
    await this.disconnect();
    if (ending === "SIGKILL") await this.basalt?.kill();
    else if (ending === "SIGTERM") await this.basalt?.stop();
    const exit = await this.basalt?.exited;
    if (ending !== "SIGKILL" && exit?.code !== 0)
      throw new Error(`Basalt ended with ${exit?.code} after ${ending}`);
    await this.start();
    await this.connect();
  }

  /** What HELLO and SELECT have made of a connection. */
  private async noteState(at: number): Promise<void> {
    const { redis } = this.pairs[at]!;
    const hello = await redis.call("HELLO");
    this.states[at]!.protocol = hello.type === "%" ? "3" : "2";
  }

  /** Sends to both and compares; `before` goes to the reference alone, in front of each command. */
  private async compare(
    at: number,
    commands: readonly (readonly ByteString[])[],
    before: readonly (readonly ByteString[] | undefined)[] = [],
  ): Promise<{ replies: TypedReply[]; asked: (TypedReply | undefined)[] }> {
    const { redis, basalt } = this.pairs[at]!;
    const toRedis = commands.flatMap((words, i) => (before[i] === undefined ? [words] : [before[i], words]));
    const [all, mine] = await Promise.all([redis.pipeline(toRedis), basalt.pipeline(commands)]);
    const replies: TypedReply[] = [];
    const asked: (TypedReply | undefined)[] = [];
    let from = 0;
    commands.forEach((words, i) => {
      asked.push(before[i] === undefined ? undefined : all[from++]);
      const reply = all[from++];
      const other = mine[i];
      this.history.push(`${at === 0 ? "A" : "B"} ${brief(words)}`);
      const same =
        words[0] === "EXEC" ? isSameTransaction.bind(undefined, this.queued) : isSame.bind(undefined, words);
      if (reply === undefined || other === undefined || !same(reply, other)) {
        throw new Error(this.difference(words, reply, other));
      }
      if ((words[0] ?? "").toUpperCase() === "SELECT" && !isError(reply))
        this.states[at]!.database = words[1]!;
      replies.push(reply);
    });
    return { replies, asked };
  }

  private difference(
    words: readonly ByteString[],
    redis: TypedReply | undefined,
    basalt: TypedReply | undefined,
  ): string {
    return [
      `seed ${this.options.seed}: a reply differs`,
      `command  ${brief(words)}`,
      `redis    ${redis === undefined ? "none" : cut(render(redis))}`,
      `basalt   ${basalt === undefined ? "none" : cut(render(basalt))}`,
      "before it:",
      ...this.history.slice(-25, -1),
      this.basalt?.output.split("\n").slice(-5).join("\n") ?? "",
    ].join("\n");
  }

  /** Every malformed command once over each connection, among keys of all types. */
  private async malformed(): Promise<void> {
    for (let at = 0; at < this.pairs.length; at++) {
      await this.compare(
        at,
        this.maker.population().map(({ words }) => words),
      );
      await this.compare(at, MALFORMED_COMMANDS);
      await this.compare(at, [["SELECT", "0"], ["CLIENT", "SETNAME", ""], ["FLUSHALL"]]);
    }
  }

  private async randomCommands(): Promise<void> {
    const { commands, restarts } = this.options;
    const restartEvery = Math.ceil(commands / (restarts + 1));
    let restarted = 0;
    await this.compare(
      0,
      this.maker.population().map(({ words }) => words),
    );
    for (let sent = 0; sent < commands;) {
      if (sent >= restartEvery * (restarted + 1)) await this.restart(ENDINGS[restarted++ % ENDINGS.length]!);
      const at = this.random.below(this.pairs.length);
      if (this.random.chance(0.04)) await this.scanEverything(at);
      else if (this.random.chance(0.06)) sent += await this.transaction(at);
      else sent += await this.randomBatch(at);
    }
  }

  private async coverTheRest(): Promise<void> {
    const isMissing = (tag: string): boolean =>
      this.options.mustCover.includes(tag) && this.coverage.of(tag).succeeded === 0;
    while (this.options.mustCover.some(isMissing)) {
      const at = this.random.below(this.pairs.length);
      if (this.options.mustCover.some((tag) => /^H?SCAN/.test(tag) && isMissing(tag)))
        await this.scanEverything(at);
      if (TRANSACTION_TAGS.some(isMissing)) await this.transaction(at);
      const command = randomCommand(this.maker);
      if (command.tags.some(isMissing)) await this.runBatch(at, [command]);
    }
  }

  private randomBatch(at: number): Promise<number> {
    const batch: RandomCommand[] = [];
    const length = this.random.chance(0.3) ? 1 : this.random.between(2, BATCH_MAX);
    while (batch.length < length) {
      const command = randomCommand(this.maker);
      batch.push(command);
      if (command.expires !== undefined || command.closes === true) break;
      if (/^FLUSH/i.test(command.words[0]!)) batch.push(...this.maker.population());
    }
    return this.runBatch(at, batch);
  }

  private async runBatch(at: number, batch: readonly RandomCommand[]): Promise<number> {
    const before = batch.map(({ keys }) => (keys.length === 0 ? undefined : ["EXISTS", ...keys]));
    const { replies, asked } = await this.compare(
      at,
      batch.map(({ words }) => words),
      before,
    );
    batch.forEach(({ tags }, i) => {
      const present = asked[i];
      this.coverage.add(tags, present === undefined || present.value !== 0, isError(replies[i]!));
    });
    const last = batch[batch.length - 1]!;
    if (last.expires !== undefined) await this.passExpiry(at, last.expires, last.soon === true);
    if (last.closes === true) {
      const { redis, basalt } = this.pairs[at]!;
      await Promise.all([redis.closed, basalt.closed]);
      this.states[at] = { protocol: at === 0 ? "2" : "3", database: "0" };
      await this.connectPair(at);
    }
    return batch.length;
  }

  /** One connection's transaction, with what the other one does in between: in pipelines, since the order decides. */
  private async transaction(at: number): Promise<number> {
    const steps = randomTransaction(this.maker);
    this.queued = [];
    let isOpen = false;
    for (let from = 0; from < steps.length;) {
      const { isOther } = steps[from]!;
      let to = from;
      // What EXEC is compared by has to be known before.
      while (to < steps.length && steps[to]!.isOther === isOther && (to === from || !isExec(steps[to]!)))
        to++;
      const commands = steps.slice(from, to).map(({ words }) => words);
      const { replies } = await this.compare(isOther ? 1 - at : at, commands);
      from = to;
      if (isOther) continue;
      commands.forEach((words, i) => {
        const [name, reply] = [words[0]!, replies[i]!];
        if (reply.value === "QUEUED") this.queued.push(words);
        if (name === "MULTI") isOpen = true;
        if (!TRANSACTION_TAGS.includes(name)) return;
        const outcome =
          name !== "EXEC"
            ? []
            : Array.isArray(reply.value)
              ? ["EXEC run"]
              : reply.value === null
                ? ["EXEC nil"]
                : [];
        // Without MULTI, and with a queue that was spoilt, the error is what is right.
        this.coverage.add(
          [name, ...outcome],
          isOpen || !ENDINGS_OF_TRANSACTIONS.includes(name),
          isError(reply),
        );
      });
    }
    return steps.length;
  }

  /** Has both servers look at a key whose time is over, or will be when the wait has ended. */
  private async passExpiry(at: number, key: ByteString, waits: boolean): Promise<void> {
    if (waits) await sleep(SHORT_EXPIRY_PASSED_MS);
    await this.compare(at, [["TYPE", key]]);
  }

  /** SCAN from beginning to end with the same options, or HSCAN: what comes out is the same. */
  private async scanEverything(at: number): Promise<void> {
    const { redis, basalt } = this.pairs[at]!;
    const hash = this.random.pick(["h:0", "h:1", "h:2"]);
    const isHash = (await redis.call("TYPE", hash)).value === "hash";
    const begin = isHash && this.random.chance(0.5) ? ["HSCAN", hash] : ["SCAN"];
    const name = begin[0]!;
    const options: ByteString[] = [];
    const tags = [name];
    const add = (...words: ByteString[]): void => {
      options.push(...words);
      tags.push(`${name} ${words[0]!}`);
    };
    const patterns =
      name === "SCAN" ? ["*", "n*", "[sh]:*", "*1", "nothing"] : ["*", "f*", "[f7]*", "", "nothing"];
    if (this.random.chance(0.5)) add("MATCH", this.random.pick(patterns));
    if (this.random.chance(0.5))
      add("COUNT", this.random.pick(["1", "2", "7", "100", "9223372036854775807"]));
    if (name === "SCAN" && this.random.chance(0.5))
      add("TYPE", this.random.pick(["string", "HASH", "list", "nothing"]));
    const [theirs, mine] = await Promise.all([
      scanAll(redis, begin, options),
      scanAll(basalt, begin, options),
    ]);
    this.history.push(`${at === 0 ? "A" : "B"} ${begin.join(" ")} 0… ${options.join(" ")}`);
    if (theirs.join(" ") !== mine.join(" ")) {
      throw new Error(
        `${this.difference([...begin, "0…", ...options], undefined, undefined)}\n${theirs.join(" ")}\n${mine.join(" ")}`,
      );
    }
    this.coverage.add(tags, true, false);
  }

  /** At the end all databases hold the same. */
  private async compareEverything(): Promise<void> {
    for (const database of ["0", "1", "15"]) {
      const { replies } = await this.compare(0, [["SELECT", database], ["KEYS", "*"], ["DBSIZE"]]);
      for (const key of itemsOf(replies[1]!).map((item) => String(item.value))) {
        const type = await this.compare(0, [
          ["TYPE", key],
          ["PTTL", key],
        ]);
        const isHash = type.replies[0]!.value === "hash";
        await this.compare(0, [isHash ? ["HGETALL", key] : ["GET", key]]);
      }
    }
  }
}

/** Keys of SCAN; of HSCAN fields, each with its value. */
async function scanAll(
  client: TypedClient,
  begin: readonly ByteString[],
  options: readonly ByteString[],
): Promise<string[]> {
  const found = new Set<string>();
  const width = begin.length;
  for (let cursor = "0"; ;) {
    const [next, page] = itemsOf(await client.call(...begin, cursor, ...options));
    const items = itemsOf(page!).map(render);
    for (let i = 0; i < items.length; i += width) found.add(items.slice(i, i + width).join(" = "));
    cursor = String(next!.value);
    if (cursor === "0") return [...found].sort();
  }
}

function brief(words: readonly ByteString[]): string {
  return words.map((word) => cut(JSON.stringify(word), 60)).join(" ");
}

function cut(text: string, length = 600): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length})`;
}
