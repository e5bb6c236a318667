// The plain state of the sequential specification: values and watches, and how one operation changes them. A state is never
// changed; a draft is a copy in the making. A key that is met expired is removed, for good: that is how "expiry never
// un-expires" is checked. Independent of src/.

export interface StringValue {
  readonly type: "string";
  readonly value: string;
  readonly expiryMs: number;
}

export interface HashValue {
  readonly type: "hash";
  readonly fields: ReadonlyMap<string, string>;
  readonly expiryMs: number;
}

export type Value = StringValue | HashValue;

/** What one connection watches. */
interface WatchSet {
  /** By "database/key": when it would expire as it was first watched (0: never), or that it was not there. */
  readonly keys: ReadonlyMap<string, number | "absent">;
  readonly touched: boolean;
}

export interface State {
  /** By "database/key". */
  readonly values: ReadonlyMap<string, Value>;
  readonly watches: ReadonlyMap<string, WatchSet>;
}

export const EMPTY_STATE: State = { values: new Map(), watches: new Map() };

/** Text that two equal states share and others do not. */
export function stateText({ values, watches }: State): string {
  const lines = [...values].map(([key, value]) => `${key}=${valueText(value)}`);
  for (const [name, { keys, touched }] of watches) {
    lines.push(`watch ${name} ${touched ? "touched" : [...keys].join(" ")}`);
  }
  return lines.sort().join("\n");
}

function valueText(value: Value): string {
  if (value.type === "string") return `s${value.expiryMs} ${value.value}`;
  return `h${value.expiryMs} ${[...value.fields]
    .map(([field, text]) => `${field}:${text}`)
    .sort()
    .join(",")}`;
}

/** A state in the making: copied when it is first changed. */
export class Draft {
  private changed: Map<string, Value> | undefined;
  private changedWatches: Map<string, WatchSet> | undefined;
  /** What was written, by the place that the database had at the beginning. */
  private readonly written = new Set<string>();
  /** What went with its whole database. */
  private readonly flushed = new Set<string>();
  /** Which place each database that was swapped has now. */
  private readonly places = new Map<number, number>();

  constructor(
    private readonly start: State,
    readonly database: number,
    readonly nowMs: number,
  ) {}

  /** The state behind all that was done; to be asked for once, at the end. */
  get state(): State {
    this.tellWatches();
    return { values: this.inPlace(), watches: this.watches };
  }

  /** The values by the databases that have them now. */
  private inPlace(): ReadonlyMap<string, Value> {
    const moved = new Map<number, number>();
    for (const [database, place] of this.places) if (database !== place) moved.set(place, database);
    if (moved.size === 0) return this.values;
    return new Map(
      [...this.values].map(([name, value]) => {
        const [place, key] = placeAndKey(name);
        return [`${moved.get(place) ?? place}/${key}`, value];
      }),
    );
  }

  /**
   * Who watches what was written is to know, and who has seen a key in a database that was flushed or became another one. A
   * key that was not there must not be there at the end, which is looked at then.
   */
  private tellWatches(): void {
    if (this.written.size === 0 && this.flushed.size === 0 && this.places.size === 0) return;
    for (const [watchSet, { keys, touched }] of this.watches) {
      if (touched || ![...keys].some(([name, seen]) => this.hasChanged(name, seen !== "absent"))) continue;
      this.changeWatches().set(watchSet, { keys, touched: true });
    }
  }

  private hasChanged(name: string, wasThere: boolean): boolean {
    const [database] = placeAndKey(name);
    if (this.placeOf(database) !== database) return wasThere;
    return this.written.has(name) || (wasThere && this.flushed.has(name));
  }

  private placeOf(database: number): number {
    return this.places.get(database) ?? database;
  }

  private get values(): ReadonlyMap<string, Value> {
    return this.changed ?? this.start.values;
  }

  private get watches(): ReadonlyMap<string, WatchSet> {
    return this.changedWatches ?? this.start.watches;
  }

  private name(key: string, database = this.database): string {
    return `${this.placeOf(database)}/${key}`;
  }

  /** For a change of this value, which whoever watches it is to know. */
  private change(name: string): Map<string, Value> {
    this.written.add(name);
    return (this.changed ??= new Map(this.start.values));
  }

  private changeWatches(): Map<string, WatchSet> {
    return (this.changedWatches ??= new Map(this.start.watches));
  }

  /** The live value; one that has expired is removed. */
  get(key: string, database = this.database): Value | undefined {
    const name = this.name(key, database);
    const value = this.values.get(name);
    if (value === undefined || value.expiryMs === 0 || value.expiryMs > this.nowMs) return value;
    this.change(name).delete(name);
    return undefined;
  }

  set(key: string, value: Value, database = this.database): void {
    const name = this.name(key, database);
    this.change(name).set(name, value);
  }

  /** Two databases change places, with all that is in them. */
  swap(first: number, second: number): void {
    const [before, other] = [this.placeOf(first), this.placeOf(second)];
    this.places.set(first, other).set(second, before);
  }

  /** A value that is there. */
  remove(key: string): void {
    this.change(this.name(key)).delete(this.name(key));
  }

  keys(): string[] {
    const prefix = this.name("");
    const keys = [...this.values.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
    return keys.filter((key) => this.get(key) !== undefined).sort();
  }

  /** Gone, whether expired or not. */
  clear(): void {
    const prefix = this.name("");
    for (const name of [...this.values.keys()]) {
      if (!name.startsWith(prefix)) continue;
      this.flushed.add(name);
      (this.changed ??= new Map(this.start.values)).delete(name);
    }
  }

  watch(watchSet: string, keys: readonly string[]): void {
    // What is removed here, because it has expired, was so before it was watched.
    const seen = keys.map((key) => [this.name(key), this.get(key)?.expiryMs ?? "absent"] as const);
    this.tellWatches();
    this.written.clear();
    const before = this.watches.get(watchSet);
    // A key watched twice counts as it was first seen.
    const watched = new Map([...seen, ...(before?.keys ?? [])]);
    this.changeWatches().set(watchSet, { keys: watched, touched: before?.touched === true });
  }

  /** Ends a set. Returns whether something of it is not any more what it was. */
  unwatch(watchSet: string): boolean {
    const set = this.watches.get(watchSet);
    if (set === undefined) return false;
    this.changeWatches().delete(watchSet);
    return set.touched || [...set.keys].some(([name, seen]) => this.differs(name, seen));
  }

  private differs(name: string, seen: number | "absent"): boolean {
    if (seen !== "absent") return seen !== 0 && seen <= this.nowMs;
    // It is only looked at: what has expired is not there, and is still to be deleted.
    const value = this.values.get(name);
    return value !== undefined && (value.expiryMs === 0 || value.expiryMs > this.nowMs);
  }
}

function placeAndKey(name: string): [place: number, key: string] {
  const slash = name.indexOf("/");
  return [Number(name.slice(0, slash)), name.slice(slash + 1)];
}
