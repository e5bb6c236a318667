// The program behind scripts/raft-trace: what it prints and how it exits.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = join(__dirname, "..", "..", "..");
const PROGRAM = join(__dirname, "trace", "main.js");
const SCENARIO = join(REPOSITORY, "test", "raft", "scenarios", "5.2-election-by-majority.txt");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "basalt-raft-trace-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): { code: number | null; output: string; problems: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args]);
  return { code: status, output: stdout.toString(), problems: stderr.toString() };
}

function fileWith(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

test("equal files end with 0, and quietly if asked", () => {
  const { code, output } = run(SCENARIO, SCENARIO);
  expect(code).toBe(0);
  expect(output).toContain("2 of 2 files equal");
  expect(run("--quiet", SCENARIO)).toEqual({ code: 0, output: "", problems: "" });
});

test("a difference ends with 1 and tells file, line, expected and got", () => {
  const text = readFileSync(SCENARIO, "utf8").replace("1: StateLeader", "1: StateFollower");
  const line = text.slice(0, text.lastIndexOf("raft-state")).split("\n").length;
  const file = fileWith("changed.txt", text);
  const { code, output } = run("--quiet", SCENARIO, file);
  expect(code).toBe(1);
  expect(output).toContain(`${file}:${line}: raft-state differs\nexpected:\n1: StateFollower (Voter)`);
  expect(output).toContain("got:\n1: StateLeader (Voter)");
});

test("files that are absent or hold nothing end with 1, wrong usage with 2", () => {
  expect(run(join(folder, "absent.txt")).code).toBe(1);
  expect(run(fileWith("empty.txt", "# nothing\n"))).toMatchObject({ code: 1 });
  expect(run().code).toBe(2);
  expect(run("--loud", SCENARIO).code).toBe(2);
  expect(run("--help").code).toBe(0);
});
