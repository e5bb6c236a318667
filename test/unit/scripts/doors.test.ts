// The doors of the rooms as they were compiled: what they export are plain properties, and V8 keeps them as such (scripts/setup
// says why). Asked in a process of its own, since only a flag makes V8 tell.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const SOURCES = join(__dirname, "..", "..", "..", "src");

const SCRIPT = `
  for (const path of process.argv.slice(1)) {
    const door = require(path);
    const getters = Object.entries(Object.getOwnPropertyDescriptors(door)).filter(([, { get }]) => get !== undefined);
    if (getters.length > 0) console.log(path + ": getters: " + getters.map(([name]) => name).join(" "));
    if (!%HasFastProperties(door)) console.log(path + ": a hash table");
  }`;

test("no door is a hash table of getters", () => {
  const doors = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter(
    (name) => basename(name) === "index.js",
  );
  expect(doors.map((name) => dirname(name))).toEqual(
    expect.arrayContaining(["base", "kv", "resp", "storage"]),
  );
  const paths = doors.map((name) => join(SOURCES, name));
  const run = spawnSync(process.execPath, ["--allow-natives-syntax", "-e", SCRIPT, ...paths], {
    encoding: "utf8",
  });
  expect(run).toMatchObject({ status: 0, stdout: "", stderr: "" });
});
