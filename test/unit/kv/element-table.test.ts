// The element rows in memory: what the budget counts is what stands in the young generation, whatever becomes of rows.
import { SeededRandom, assert } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { ElementRow, RowCache } from "../../../src/kv/row-table";
import type { ElementTable } from "../../../src/kv/row-table";
import { elementPrefix, versionBytes } from "../../../src/storage/index";

const PREFIXES = [1, 2, 3].map((version) => elementPrefix(0, "k", versionBytes(version, 0)));

/** The young generation, counted anew. */
function counted(table: ElementTable): number {
  let bytes = 0;
  for (const [key, newest] of table["young"]) {
    let behind = 0;
    const forms: ElementRow[] = [];
    for (let form: ElementRow | undefined = newest; form !== undefined; form = form.older) forms.push(form);
    for (const form of forms.reverse()) {
      assert(form.olderWeight === behind, "a row knows what stands behind it");
      behind += 80 + (form.value ?? "").length;
      assert(form.weight === behind, "a row counts its own form and those behind it");
    }
    bytes += 120 + key.length + newest.weight;
  }
  return bytes;
}

class Run {
  private readonly random: SeededRandom;
  private readonly cache = new RowCache(2 ** 40);
  private readonly table = this.cache.elements;
  private order = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  step(): void {
    const { random, table } = this;
    const key: ByteString = random.pick(PREFIXES) + `field ${random.between(0, 5)}`;
    const newest = table.get(key);
    if (newest === undefined) return table.add(key, this.row(undefined));
    switch (random.between(0, 6)) {
      case 0:
        return table.replace(key, this.row(undefined), newest);
      case 1:
        if (newest.older !== undefined) table.replace(key, newest.older, newest);
        return;
      case 2:
        return table.cut(newest);
      case 3:
        return table.forget(key, newest.older?.older?.sequence ?? newest.sequence);
      case 4:
        return table.append(newest, this.row(undefined));
      default:
        return table.replace(key, this.row(newest), newest);
    }
  }

  rotate(): void {
    this.cache.elements.rotate();
    this.cache["budget"].youngBytes = 0;
  }

  check(): void {
    expect(this.cache.bytes).toBe(counted(this.table));
  }

  private row(older: ElementRow | undefined): ElementRow {
    this.order++;
    const value = this.random.chance(0.2) ? null : "v".repeat(this.random.between(0, 100));
    return new ElementRow(this.order, this.order, older, value);
  }
}

test("the budget counts the rows of the young generation with all their forms", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const run = new Run(seed);
    for (let step = 0; step < 500; step++) {
      run.step();
      run.check();
      if (step % 97 === 96) run.rotate();
    }
  }
});

test("a field that is written again and again counts once", () => {
  const cache = new RowCache(2 ** 40);
  const { elements } = cache;
  const key = PREFIXES[0] + "field";
  elements.add(key, new ElementRow(1, 1, undefined, "x".repeat(64)));
  const { bytes } = cache;
  for (let order = 2; order < 1000; order++) {
    const before = elements.get(key)!;
    elements.cut(before);
    elements.replace(key, new ElementRow(order, order, before, "y".repeat(64)), before);
  }
  // With the form before it, which a view may still show.
  expect(cache.bytes).toBe(bytes + 80 + 64);
});
