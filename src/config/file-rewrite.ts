// Puts changed values into the configuration file and leaves everything else of it as it is, comments and order included:
// the line of a name is replaced where the file has one, else one is added. Before the file is replaced (by rename, synced)
// the new text is read back: it must say what the old one said, but for the changed names. Rare, so it may take its time.
import { promises as files } from "node:fs";
import { parse } from "smol-toml";
import { REDIS_TABLE } from "./sources";

export interface FileChange {
  readonly name: string;
  /** In the table [redis]; else at the top level. */
  readonly inRedisTable: boolean;
  readonly value: string;
}

/** Rejects with a system error, or an Error whose message says why the file cannot hold the change. */
export async function rewriteConfigFile(path: string, changes: readonly FileChange[]): Promise<void> {
  const before = await files.readFile(path, "utf8");
  const after = rewrittenText(before, changes);
  const temporary = `${path}.rewrite-${process.pid}`;
  try {
    const file = await files.open(temporary, "w", 0o600);
    try {
      await file.writeFile(after);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    await files.rm(temporary, { force: true });
    throw error;
  }
}

/** The text of the file with the changes in it. Throws when it would say something else than it should. */
export function rewrittenText(before: string, changes: readonly FileChange[]): string {
  const lines = before.split("\n");
  for (const change of changes) putChange(lines, change);
  const after = lines.join("\n");
  const wanted = structure(before);
  for (const { name, inRedisTable, value } of changes) {
    if (!inRedisTable) wanted.set(name, JSON.stringify(value));
    else wanted.set(`${REDIS_TABLE}.${name}`, JSON.stringify(value));
  }
  const found = structure(after);
  const same = found.size === wanted.size && [...wanted].every(([name, value]) => found.get(name) === value);
  if (!same) throw new Error("its form is too unusual to be changed without loss");
  return after;
}

function putChange(lines: string[], { name, inRedisTable, value }: FileChange): void {
  const line = `${name} = ${JSON.stringify(value)}`;
  const [first, end] = inRedisTable ? redisTable(lines) : topLevel(lines);
  for (let at = first; at < end; at++) {
    const match = /^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_-]+))\s*=/.exec(lines[at]!);
    const found = match?.[1] ?? match?.[2] ?? match?.[3];
    if (found === undefined || (inRedisTable ? found.toLowerCase() : found) !== name) continue;
    // The name stays as it is written, and so does a comment behind a value on one line.
    lines[at] =
      `${lines[at]!.slice(0, lines[at]!.indexOf("=") + 1)} ${JSON.stringify(value)}${commentOf(lines[at]!)}`;
    return;
  }
  let place = end;
  while (place > first && lines[place - 1]!.trim() === "") place--;
  lines.splice(place, 0, line);
}

/** The lines between the file's beginning and its first table. */
function topLevel(lines: readonly string[]): [number, number] {
  const end = lines.findIndex((line) => /^\s*\[/.test(line));
  return [0, end < 0 ? lines.length : end];
}

/** The lines of the table [redis], behind its head; made at the end where there is none. */
function redisTable(lines: string[]): [number, number] {
  const head = new RegExp(`^\\s*\\[\\s*"?${REDIS_TABLE}"?\\s*\\]`);
  let start = lines.findIndex((line) => head.test(line));
  if (start < 0) {
    while (lines.length > 0 && lines.at(-1)!.trim() === "") lines.pop();
    if (lines.length > 0) lines.push("");
    lines.push(`[${REDIS_TABLE}]`, "");
    start = lines.length - 2;
  }
  const length = lines.slice(start + 1).findIndex((line) => /^\s*\[/.test(line));
  return [start + 1, length < 0 ? lines.length : start + 1 + length];
}

/** A comment at the end of a line whose value is a plain string or number; else nothing. */
function commentOf(line: string): string {
  const match = /=\s*(?:"[^"\\]*"|'[^']*'|[^"'#\s]+)(\s*#.*)$/.exec(line);
  return match?.[1] ?? "";
}

/** Every value of a file, by its name; names of the table [redis] in lower case, as they are read. */
function structure(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(parse(text, { integersAsBigInt: true }))) {
    if (name === REDIS_TABLE && typeof value === "object" && !Array.isArray(value)) {
      for (const [inner, own] of Object.entries(value))
        values.set(`${name}.${inner.toLowerCase()}`, shown(own));
    } else {
      values.set(name, shown(value));
    }
  }
  return values;
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)) ?? "";
}
