// A million keys under one hash tag on a real server: SCAN meets each that stays, while others come and go and the server is
// killed and started again; RANDOMKEY is fair among them; a hash of a million fields is renamed, and HSCAN meets each field.
// BASALT_TEST_SEED gives the seed, BASALT_KEYSPACE_KEYS the number of keys and fields.
import { appendFileSync } from "node:fs";
import { SeededRandom } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import { itemsOf, TypedClient } from "../compat/typed-client";
import { BasaltProcess, temporaryDirectory } from "../integration/support/basalt-process";

const SEED = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
const KEYS = Number(process.env["BASALT_KEYSPACE_KEYS"] ?? 1_000_000);
const BATCH = 2000;
const RESTARTS = 5;
const DRAWS = 20_000;
const BINS = 100;

function note(text: string): void {
  process.stdout.write(`${text}\n`);
  const file = process.env["BASALT_LONG_REPORT"];
  if (file !== undefined) appendFileSync(file, `- keyspace: seed ${SEED}, ${text}\n`);
}

/** Sends what `commandOf` gives for 0 to `count` - 1, in batches. */
async function inBatches(
  client: TypedClient,
  count: number,
  commandOf: (i: number) => ByteString[],
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    await client.pipeline(Array.from({ length: size }, (_, i) => commandOf(from + i)));
  }
}

async function pageOf(
  client: TypedClient,
  ...words: ByteString[]
): Promise<{ cursor: string; items: string[] }> {
  const [cursor, items] = itemsOf(await client.call(...words));
  return { cursor: String(cursor!.value), items: itemsOf(items!).map(({ value }) => String(value)) };
}

/** Marks numbers that have been seen, and counts those that were seen again. */
class Seen {
  private readonly marks: Uint8Array;
  count = 0;
  again = 0;

  constructor(size: number) {
    this.marks = new Uint8Array(size);
  }

  mark(number: number): void {
    if (this.marks[number] === 0) this.count++;
    else this.again++;
    this.marks[number] = 1;
  }
}

test("a million keys under one hash tag, and a hash of a million fields", async () => {
  note(`${KEYS} keys (BASALT_TEST_SEED ${SEED})`);
  const random = new SeededRandom(SEED);
  const directory = temporaryDirectory("keyspace");
  let server = await BasaltProcess.start({ directory: directory.path });
  let client = await TypedClient.connect(server.redisPort);
  try {
    await inBatches(client, KEYS, (i) => ["SET", `{tag}stays:${i}`, "v"]);

    const seen = new Seen(KEYS);
    let passing = 0;
    let calls = 0;
    let restarts = 0;
    for (let cursor = "0"; ;) {
      const page = await pageOf(client, "SCAN", cursor, "COUNT", random.pick(["100", "1000", "5000"]));
      calls++;
      for (const key of page.items) if (key.startsWith("{tag}stays:")) seen.mark(Number(key.slice(11)));
      cursor = page.cursor;
      if (cursor === "0") break;
      await client.pipeline([
        ...Array.from({ length: 50 }, () => ["SET", `{tag}passing:${passing++}`, "v"]),
        ["DEL", ...Array.from({ length: 40 }, () => `{tag}passing:${random.below(passing)}`)],
      ]);
      if (restarts < RESTARTS && seen.count > (KEYS * (restarts + 1)) / (RESTARTS + 1)) {
        restarts++;
        await client.close();
        if (restarts % 2 === 0) await server.stop();
        else await server.kill();
        server = await BasaltProcess.start({ directory: directory.path });
        client = await TypedClient.connect(server.redisPort);
      }
    }
    note(`SCAN: ${calls} calls, ${passing} keys came and went, ${restarts} restarts`);
    expect([seen.count, seen.again, restarts]).toEqual([KEYS, 0, RESTARTS]);

    const counts = new Array<number>(BINS).fill(0);
    for (let drawn = 0; drawn < DRAWS; drawn += 500) {
      const keys = await client.pipeline(Array.from({ length: 500 }, () => ["RANDOMKEY"]));
      for (const { value } of keys) counts[Number(/\d+$/.exec(String(value))![0]) % BINS]!++;
    }
    const expected = DRAWS / BINS;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    note(`RANDOMKEY: chi-squared ${chiSquared.toFixed(1)} of ${BINS} bins, ${DRAWS} draws`);
    expect((chiSquared - (BINS - 1)) / Math.sqrt(2 * (BINS - 1))).toBeLessThan(5);

    await inBatches(client, KEYS, (i) => ["HSET", "{tag}hash", `f${i}`, "v"]);
    expect((await client.call("RENAME", "{tag}hash", "renamed")).value).toBe("OK");
    expect((await client.call("EXISTS", "{tag}hash")).value).toBe(0);
    const fields = new Seen(KEYS);
    for (let cursor = "0"; ;) {
      const page = await pageOf(client, "HSCAN", "renamed", cursor, "COUNT", "3000");
      for (let i = 0; i < page.items.length; i += 2) fields.mark(Number(page.items[i]!.slice(1)));
      cursor = page.cursor;
      if (cursor === "0") break;
    }
    expect([fields.count, fields.again]).toEqual([KEYS, 0]);
    note(`RENAME and HSCAN of ${KEYS} fields`);
  } finally {
    await client.close();
    await server.kill();
    directory.remove();
  }
}, 3_600_000);
