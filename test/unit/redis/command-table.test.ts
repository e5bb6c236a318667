// The command table: lookup, and its metadata against a real redis-server's COMMAND INFO and COMMAND DOCS.
import type { Command } from "../../../src/redis/index";
import { CommandTable } from "../../../src/redis/index";
import type { CommandSpec } from "../../../src/redis/index";
import { ReferenceServer } from "../../compat/reference-server";
import { TypedClient, itemsOf, render } from "../../compat/typed-client";
import type { TypedReply } from "../../../src/resp/index";

const table = new CommandTable();

function find(name: string): Command | undefined {
  const bytes = Buffer.from(`..${name}..`, "latin1");
  return table.find(bytes, 2, bytes.length - 2);
}

test("every command is found by its name in any case", () => {
  for (const command of table.all) {
    const { name } = command.spec;
    expect(find(name)).toBe(command);
    expect(find(name.toUpperCase())).toBe(command);
    expect(find(name.slice(0, 1).toUpperCase() + name.slice(1))).toBe(command);
    expect(table.byName(name)).toBe(command);
  }
});

test("what is no command is not found", () => {
  for (const { spec } of table.all) {
    expect(find(spec.name + "x")).toBeUndefined();
    expect(find("x" + spec.name)).toBeUndefined();
    expect(find(spec.name.slice(1))?.spec.name).not.toBe(spec.name);
    // A bit away from a letter, where a careless fold of case would meet it.
    expect(find(String.fromCharCode(spec.name.charCodeAt(0) ^ 0x40) + spec.name.slice(1))).toBeUndefined();
    expect(find(spec.name.slice(0, -1) + "\0")).toBeUndefined();
  }
  expect(find("")).toBeUndefined();
  expect(find("g")).toBeUndefined();
  expect(table.byName("GET")).toBeUndefined();
});

test("a table counts for itself", () => {
  expect(new CommandTable().byName("get")).not.toBe(table.byName("get"));
});

/** Group and first version from COMMAND DOCS; the rest is compared by test/compat, over the wire. */
function documented(docs: TypedReply): { since: string; group: string } {
  const fields = itemsOf(docs);
  const at = (name: string): string =>
    String(fields[fields.findIndex((field) => field.value === name) + 1]?.value);
  return { since: at("since"), group: at("group") };
}

function ownFacts(spec: CommandSpec): string {
  const first = [spec.arity, ...spec.flags, ...spec.keys, ...spec.categories.map((name) => `@${name}`)];
  return [...first, ...(spec.tips ?? [])].join(" ");
}

function theirFacts(description: TypedReply): string {
  const [, arity, flags, first, last, step, categories, tips] = itemsOf(description);
  const words = (reply: TypedReply | undefined): unknown[] =>
    reply === undefined ? [] : itemsOf(reply).map((item) => item.value);
  return [arity, first, last, step].every((item) => item !== undefined)
    ? [
        arity!.value,
        ...words(flags),
        first!.value,
        last!.value,
        step!.value,
        ...words(categories),
        ...words(tips),
      ].join(" ")
    : render(description);
}

/** Of Redis 7.2, which the reference does not have. */
const NEWER: readonly string[] = ["client|setinfo", "client|no-touch", "waitaof"];

test("metadata is what redis-server says", async () => {
  const redis = await ReferenceServer.start();
  if (redis === undefined) {
    process.stdout.write("command-table: SKIPPED the comparison, redis-server is not installed\n");
    return;
  }
  const client = await TypedClient.connect(redis.port);
  try {
    for (const { spec } of table.all) {
      if (NEWER.includes(spec.name)) continue;
      const [description] = itemsOf(await client.call("COMMAND", "INFO", spec.name));
      expect([spec.name, ownFacts(spec)]).toEqual([spec.name, theirFacts(description!)]);
      const [, docs] = itemsOf(await client.call("COMMAND", "DOCS", spec.name));
      expect([spec.name, documented(docs!)]).toEqual([spec.name, { since: spec.since, group: spec.group }]);
      for (const subcommand of spec.subcommands ?? []) {
        const name = `${spec.name}|${subcommand.name}`;
        if (NEWER.includes(name)) continue;
        const [found] = itemsOf(await client.call("COMMAND", "INFO", name));
        expect([name, ownFacts(subcommand)]).toEqual([name, theirFacts(found!)]);
      }
    }
  } finally {
    await client.close();
    await redis.stop();
  }
});
