// The load and the check of the crash tests. Every worker has a connection and keys of its own: it sets registers to
// rising numbers and increments counters, pipelined, and notes what was acknowledged. After the crash a register must
// hold at least the last acknowledged number and at most the last one sent; a counter must have counted every
// acknowledged increment once and no unacknowledged one twice. Transactions have left all of their effects or none, long
// strings (staged in many entries) are whole, and a key that is renamed again and again has exactly one name.
import type { SeededRandom } from "../../../src/base/index";
import { ConnectionLost, RedisClient } from "./redis-client";

const REGISTERS = 20;
const PIPELINE_MAX = 16;
/** Long enough to be written in steps. */
const LONG_BYTES = 1_200_000;

interface Cell {
  acknowledged: number;
  sent: number;
}

export class CrashLoad {
  private readonly random: SeededRandom;
  private readonly registers = new Map<string, Cell>();
  private readonly counters = new Map<string, Cell>();
  private readonly hashes = new Map<string, Cell>();
  /** By worker. */
  private readonly transactions = new Map<string, Cell>();
  private readonly longStrings = new Map<string, Cell>();
  private readonly names = new Map<string, Cell>();
  acknowledgedTotal = 0;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  /** Loads until the server ends (or `until` does); rejects on any reply that is not the right one. */
  async run(port: number, workers: number, until?: Promise<unknown>): Promise<void> {
    let stopped = false;
    void until?.then(() => {
      stopped = true;
    });
    await Promise.all(
      Array.from({ length: workers }, (_, worker) =>
        this.work(port, worker, this.random.fork(), () => stopped),
      ),
    );
  }

  private async work(
    port: number,
    worker: number,
    random: SeededRandom,
    stopped: () => boolean,
  ): Promise<void> {
    let client: RedisClient;
    try {
      client = await RedisClient.connect(port);
    } catch {
      return;
    }
    try {
      while (!stopped()) {
        const batch = Array.from({ length: random.between(1, PIPELINE_MAX) }, () =>
          this.one(client, worker, random),
        );
        await Promise.all(batch);
      }
      await client.close();
    } catch (error) {
      await client.close();
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }

  private async one(client: RedisClient, worker: number, random: SeededRandom): Promise<void> {
    const register = `r:${worker}:${random.below(REGISTERS)}`;
    if (random.chance(0.004)) await this.writeLongString(client, String(worker));
    if (random.chance(0.1)) await this.rename(client, String(worker));
    switch (random.below(4)) {
      case 0: {
        const cell = cellOf(this.registers, register);
        const value = ++cell.sent;
        expectReply(await client.send("SET", register, `${value}:${"x".repeat(random.below(200))}`), "OK");
        cell.acknowledged = Math.max(cell.acknowledged, value);
        break;
      }
      case 1: {
        const key = `c:${worker}`;
        const cell = cellOf(this.counters, key);
        cell.sent++;
        const reply = await client.send("INCR", key);
        cell.acknowledged++;
        if (typeof reply !== "number" || reply < cell.acknowledged || reply > cell.sent) {
          throw new Error(
            `INCR ${key} answered ${String(reply)}; ${cell.acknowledged} acknowledged, ${cell.sent} sent`,
          );
        }
        break;
      }
      case 2:
        await this.transact(client, String(worker));
        break;
      default: {
        const cell = cellOf(this.hashes, register);
        const value = ++cell.sent;
        const reply = await client.send("HSET", `h:${worker}`, register, value);
        if (typeof reply !== "number") throw new Error(`HSET answered ${String(reply)}`);
        cell.acknowledged = Math.max(cell.acknowledged, value);
      }
    }
    this.acknowledgedTotal++;
  }

  /** Three writes of one number, all or none. */
  private async transact(client: RedisClient, worker: string): Promise<void> {
    const cell = cellOf(this.transactions, worker);
    const value = ++cell.sent;
    const replies = await Promise.all([
      client.send("MULTI"),
      client.send("SET", `ta:${worker}`, value),
      client.send("HSET", `tb:${worker}`, "f", value),
      client.send("INCR", `tc:${worker}`),
      client.send("EXEC"),
    ]);
    const exec = replies[4];
    if (!Array.isArray(exec) || exec[0] !== "OK" || exec[2] !== value) {
      throw new Error(`EXEC ${value} answered ${JSON.stringify(exec)}`);
    }
    cell.acknowledged = Math.max(cell.acknowledged, value);
  }

  private async writeLongString(client: RedisClient, worker: string): Promise<void> {
    const cell = cellOf(this.longStrings, worker);
    const value = ++cell.sent;
    expectReply(await client.send("SET", `long:${worker}`, longString(value)), "OK");
    cell.acknowledged = Math.max(cell.acknowledged, value);
  }

  private async rename(client: RedisClient, worker: string): Promise<void> {
    const cell = cellOf(this.names, worker);
    const from = cell.sent++;
    const replies = await Promise.all([
      ...(from === 0 ? [client.send("SET", `name:${worker}:0`, "token")] : []),
      client.send("RENAME", `name:${worker}:${from}`, `name:${worker}:${from + 1}`),
    ]);
    for (const reply of replies) expectReply(reply, "OK");
    cell.acknowledged = Math.max(cell.acknowledged, from + 1);
  }

  /** Names every broken promise; empty when all hold. What is found becomes the state to go on from. */
  async check(port: number): Promise<string[]> {
    const client = await RedisClient.connect(port);
    const broken: string[] = [];
    const judge = (what: string, cell: Cell, found: number): void => {
      if (found < cell.acknowledged)
        broken.push(`${what}: ${found} found, ${cell.acknowledged} acknowledged: lost`);
      else if (found > cell.sent) broken.push(`${what}: ${found} found, ${cell.sent} sent: counted twice`);
      cell.acknowledged = cell.sent = found;
    };
    for (const [key, cell] of this.registers) {
      judge(`register ${key}`, cell, Number(String((await client.send("GET", key)) ?? "0").split(":")[0]));
    }
    for (const [key, cell] of this.counters)
      judge(`counter ${key}`, cell, Number((await client.send("GET", key)) ?? 0));
    for (const [field, cell] of this.hashes) {
      const key = `h:${field.split(":")[1]}`;
      judge(`field ${field} of ${key}`, cell, Number((await client.send("HGET", key, field)) ?? 0));
    }
    for (const [worker, cell] of this.transactions) {
      const [a, b, c] = [
        Number((await client.send("GET", `ta:${worker}`)) ?? 0),
        Number((await client.send("HGET", `tb:${worker}`, "f")) ?? 0),
        Number((await client.send("GET", `tc:${worker}`)) ?? 0),
      ];
      if (a !== b || b !== c) broken.push(`transaction of ${worker}: ${a}, ${b}, ${c}: torn`);
      judge(`transaction of ${worker}`, cell, a);
    }
    for (const [worker, cell] of this.longStrings) {
      const text = String((await client.send("GET", `long:${worker}`)) ?? "0:");
      const value = Number(text.slice(0, text.indexOf(":")));
      if (value > 0 && text !== longString(value))
        broken.push(`long string of ${worker}: ${value} is not whole`);
      judge(`long string of ${worker}`, cell, value);
    }
    for (const [worker, cell] of this.names) {
      const found: number[] = [];
      for (let at = cell.acknowledged; at <= cell.sent; at++) {
        if ((await client.send("EXISTS", `name:${worker}:${at}`)) === 1) found.push(at);
      }
      // The very first name may never have been given.
      if (found.length !== 1 && (found.length > 1 || cell.acknowledged > 0)) {
        broken.push(
          `names of ${worker}: ${found.join(", ") || "none"} between ${cell.acknowledged} and ${cell.sent}`,
        );
      }
      cell.acknowledged = cell.sent = found[0] ?? 0;
    }
    await client.close();
    return broken;
  }
}

/** A text that says of every part of it which one it is. */
function longString(value: number): string {
  const letter = String.fromCharCode(97 + (value % 26));
  return `${value}:${letter.repeat(LONG_BYTES + (value % 7) * 100_000)}`;
}

function cellOf(cells: Map<string, Cell>, key: string): Cell {
  let cell = cells.get(key);
  if (cell === undefined) cells.set(key, (cell = { acknowledged: 0, sent: 0 }));
  return cell;
}

function expectReply(reply: unknown, expected: string): void {
  if (reply !== expected) throw new Error(`expected ${expected}, got ${String(reply)}`);
}
