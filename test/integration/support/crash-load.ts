// The load and the check of the crash tests. Every worker has a connection and keys of its own: it sets registers to
// rising numbers and increments counters, pipelined, and notes what was acknowledged. After the crash a register must
// hold at least the last acknowledged number and at most the last one sent; a counter must have counted every
// acknowledged increment once and no unacknowledged one twice.
import type { SeededRandom } from "../../../src/base/index";
import { ConnectionLost, RedisClient } from "./redis-client";

const REGISTERS = 20;
const PIPELINE_MAX = 16;

interface Cell {
  acknowledged: number;
  sent: number;
}

export class CrashLoad {
  private readonly random: SeededRandom;
  private readonly registers = new Map<string, Cell>();
  private readonly counters = new Map<string, Cell>();
  private readonly hashes = new Map<string, Cell>();
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
    switch (random.below(3)) {
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
    await client.close();
    return broken;
  }
}

function cellOf(cells: Map<string, Cell>, key: string): Cell {
  let cell = cells.get(key);
  if (cell === undefined) cells.set(key, (cell = { acknowledged: 0, sent: 0 }));
  return cell;
}

function expectReply(reply: unknown, expected: string): void {
  if (reply !== expected) throw new Error(`expected ${expected}, got ${String(reply)}`);
}
