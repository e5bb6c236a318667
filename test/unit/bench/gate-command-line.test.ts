// The gate's command line: what is wrong with it is told from a gate that fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ENTRY = join(__dirname, "../../../..", "build/bench/gate/main.js");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "basalt-gate-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("wrong command lines are told from failures", () => {
  const refused = (...words: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [ENTRY, ...words], { encoding: "utf8" });
    expect(status).toBe(2);
    return stderr;
  };
  expect(refused("--fast")).toContain("npm run bench:gate has no option --fast");
  expect(refused("--base", "HEAD", "--base-dir", ".")).toContain("give one");
  expect(refused("--ci", "--base", "HEAD")).toContain("--ci is a form without a base");
  expect(refused("--load", "nothing")).toContain('"nothing" is none');
  const unknown = spawnSync(process.execPath, [ENTRY, "--base", "no-such-commit"], { encoding: "utf8" });
  expect([unknown.status, unknown.stderr.includes("The base cannot be made: git rev-parse")]).toEqual([
    1,
    true,
  ]);
  const unbuilt = spawnSync(process.execPath, [ENTRY, "--base-dir", directory], { encoding: "utf8" });
  expect([unbuilt.status, unbuilt.stderr.includes("There is no built Basalt in")]).toEqual([1, true]);
});
