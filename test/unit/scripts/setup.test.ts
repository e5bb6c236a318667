// scripts/setup in a small checkout of its own, with a PATH of our making: what it says when something is missing, and
// that it does only what is stale. Nothing is installed: BASALT_INSTALL=no.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const REPOSITORY = join(__dirname, "..", "..", "..", "..");
/** The tools that the script itself is written with; all others are stand-ins or absent. */
const TOOLS =
  "bash cat cmp comm cp cut dirname env find flock grep mkdir readlink rm sed sh sleep sort tail".split(" ");

let checkout: string;
let bin: string;

beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), "basalt setup (1) "));
  checkout = join(home, "check out");
  bin = join(home, "bin");
  mkdirSync(bin);
  for (const name of TOOLS) {
    const path = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, name));
    symlinkSync(path.find((candidate) => existsSync(candidate)) ?? name, join(bin, name));
  }
  for (const name of ["npm", "g++", "make", "python3", "redis-server", "apt-get"]) program(name, "exit 0");
  symlinkSync(process.execPath, join(bin, "node"));

  for (const name of ["src/cli", "test", "bench", "scripts", "node_modules/typescript/bin"]) {
    mkdirSync(join(checkout, name), { recursive: true });
  }
  copyFileSync(join(REPOSITORY, "scripts", "setup"), join(checkout, "scripts", "setup"));
  file("scripts/build-native", "#!/bin/sh\nexit 0\n");
  chmodSync(join(checkout, "scripts", "build-native"), 0o755);
  file("package-lock.json", "one");
  file("tsconfig.json", "{}");
  file("src/cli/main.ts", "");
  file("src/other.ts", "");
  // A compiler that writes an empty output for every source there is.
  file(
    "node_modules/typescript/bin/tsc",
    `const fs = require("node:fs");
     for (const name of fs.readdirSync("src", { recursive: true })) {
       if (!name.endsWith(".ts")) continue;
       const output = "build/src/" + name.replace(/ts$/, "js");
       fs.mkdirSync(require("node:path").dirname(output), { recursive: true });
       fs.writeFileSync(output, "");
     }
     if (fs.existsSync("src/broken.ts")) process.exit(2);`,
  );
  file("node_modules/.basalt-package-lock.json", "one");
});

afterEach(() => rmSync(dirname(checkout), { recursive: true }));

function file(name: string, content: string): void {
  writeFileSync(join(checkout, name), content);
}

function program(name: string, script: string): void {
  rmSync(join(bin, name), { force: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

function without(...names: string[]): void {
  for (const name of names) rmSync(join(bin, name));
}

function setup(...words: string[]): { status: number | null; said: string; stdout: string } {
  const run = spawnSync(join(checkout, "scripts", "setup"), words, {
    env: { PATH: bin, BASALT_INSTALL: "no" },
    encoding: "utf8",
  });
  return { status: run.status, said: run.stderr, stdout: run.stdout };
}

const quiet = { status: 0, said: "", stdout: "" };

test("compiles once, then has nothing to do and says nothing", () => {
  expect(setup()).toEqual({ ...quiet, said: "setup: compiling TypeScript\n" });
  expect(setup()).toEqual(quiet);
  expect(setup("--tests")).toEqual(quiet);
});

test("a changed source is compiled, a deleted one takes its output with it", () => {
  setup();
  file("src/other.ts", "// changed");
  expect(setup().said).toBe("setup: compiling TypeScript\n");
  expect(existsSync(join(checkout, "build/src/other.js"))).toBe(true);
  rmSync(join(checkout, "src/other.ts"));
  expect(setup().said).toBe("setup: compiling TypeScript\n");
  expect(existsSync(join(checkout, "build/src/other.js"))).toBe(false);
  expect(setup()).toEqual(quiet);
});

test("what a door re-exports becomes a plain property, also after it was compiled by an older setup", () => {
  const getter = (name: string) =>
    `Object.defineProperty(exports, "${name}", { enumerable: true, get: function () { return batch_1.$put; } });`;
  file("door.txt", `"use strict";\n${getter("put")}\n${getter("$of2")} // kept\n`);
  setup();
  copyFileSync(join(checkout, "door.txt"), join(checkout, "build/src/index.js"));
  file("src/other.ts", "// changed");
  setup();
  const compiled = readFileSync(join(checkout, "build/src/index.js"), "utf8");
  expect(compiled).toBe('"use strict";\nexports.put = batch_1.$put;\nexports.$of2 = batch_1.$put; // kept\n');
});

test("a compilation that failed is tried again", () => {
  file("src/broken.ts", "");
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(setup()).toMatchObject({ status: 1, said: expect.stringContaining("TypeScript did not compile") });
  }
  rmSync(join(checkout, "src/broken.ts"));
  expect(setup()).toMatchObject({ status: 0 });
});

test("npm packages are installed when the lock file differs from the one they came from", () => {
  program("npm", 'echo "$@" >> npm.log');
  setup();
  expect(existsSync(join(checkout, "npm.log"))).toBe(false);
  file("package-lock.json", "two");
  expect(setup().said).toContain("setup: installing npm packages\n");
  expect(readFileSync(join(checkout, "npm.log"), "utf8")).toMatch(/^ci .*--ignore-scripts/);
  expect(setup()).toEqual(quiet);
});

test("packages that npm cannot install are told with npm's own words", () => {
  program("npm", "echo 'npm error network' >&2; exit 1");
  file("package-lock.json", "two");
  expect(setup()).toEqual({
    status: 1,
    stdout: "",
    said:
      "setup: installing npm packages\nnpm error network\n" +
      "npm could not install the packages of package-lock.json: see the lines above, or build/setup-npm.log.\n",
  });
});

describe("one sentence when something is missing", () => {
  test("system packages", () => {
    without("g++", "python3", "redis-server");
    const command = (packages: string) =>
      `Basalt needs some system packages: run \`sudo apt-get update && sudo apt-get install -y ${packages}\`, then run this again.\n`;
    expect(setup()).toEqual({ status: 1, stdout: "", said: command("g++ python3") });
    expect(setup("--tests").said).toBe(command("g++ python3 redis-server"));
  });

  test("system packages where there is no apt-get", () => {
    without("make", "apt-get");
    expect(setup()).toEqual({
      status: 1,
      stdout: "",
      said: "Basalt needs what Debian calls make: install it with your system's package manager, then run this again.\n",
    });
  });

  test("Node.js", () => {
    program("node", "echo 18.19.0");
    const needs = "Basalt needs Node.js 20 or later, and";
    expect(setup()).toMatchObject({
      status: 1,
      said: `${needs} \`node\` is 18.19.0: install a later one first.\n`,
    });
    without("node");
    expect(setup()).toMatchObject({
      status: 1,
      said: `${needs} there is no \`node\` on the PATH: install it first.\n`,
    });
  });
});

test("a second setup waits for the first", () => {
  const script = `
    exec 7>build/.setup-lock && flock 7
    scripts/setup & second=$!
    sleep 0.5
    [ ! -e build/src/cli/main.js ] || echo "did not wait"
    flock --unlock 7 && wait $second`;
  mkdirSync(join(checkout, "build"));
  const run = spawnSync("bash", ["--norc", "-c", script], {
    cwd: checkout,
    env: { PATH: bin },
    encoding: "utf8",
  });
  expect(run).toMatchObject({ status: 0, stdout: "" });
  expect(run.stderr).toBe("setup: waiting for another setup of this checkout\nsetup: compiling TypeScript\n");
});
