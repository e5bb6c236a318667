// The real program, as far as it needs no server: version, help, refusals, their streams and codes.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const REPOSITORY = join(__dirname, "..", "..", "..", "..");
const MAIN = join(REPOSITORY, "build", "src", "cli", "main.js");

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("version is package.json's", () => {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    version: string;
  };
  expect(run("--version")).toEqual({ status: 0, stdout: `basalt ${version}\n`, stderr: "" });
});

test("help goes to standard output", () => {
  expect(run("serve", "--help")).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringContaining("--fsync"),
  });
});

test("a refusal is one line on standard error", () => {
  const sentence = "--redis-prot is not an option: did you mean --redis-port? See serve --help.\n";
  expect(run("serve", "--redis-prot", "1")).toEqual({ status: 1, stdout: "", stderr: sentence });
});

test("a reader that goes away is no error", () => {
  const shell = `"${process.execPath}" "${MAIN}" serve --help | true; exit "\${PIPESTATUS[0]}"`;
  const { status, stderr } = spawnSync("bash", ["--norc", "-c", shell], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
