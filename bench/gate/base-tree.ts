// A commit of this repository, built beside the working tree: its files from `git archive` in a temporary directory, built
// by its own scripts/setup. What is the same in both is not made twice: npm packages are linked when both lock files are
// equal, the addon is copied when native/ is (its build checks the contents of its sources before it trusts the copy).
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
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
import { join } from "node:path";
import { BasaltError } from "../../src/base/index";

const LOCK_FILE = "package-lock.json";
/** scripts/setup's copy of the lock file that the packages were installed from. */
const INSTALLED_LOCK_FILE = "node_modules/.basalt-package-lock.json";
/** What the addon is made of and by. */
const ADDON_SOURCES = ["native", "scripts/build-native", "scripts/generated-common.gypi"];
const ADDON = "native/build/Release/basalt.node";
/** scripts/build-native's note of what the addon was built from and where. */
const ADDON_STAMP = "build/.native-basalt";

export class BaseTree {
  readonly root = mkdtempSync(join(tmpdir(), "basalt-gate-base-"));
  private command: ChildProcess | undefined;
  private removed = false;

  /** `workingTree` is the directory of the tree that is built already. */
  constructor(private readonly workingTree: string) {}

  /** Checks out and builds the revision; the answer is its commit. */
  async build(revision: string): Promise<string> {
    const name = ["rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`];
    const commit = (await this.run("git", name, this.workingTree)).trim();
    const archive = 'set -o pipefail; git archive "$1" | tar -x -C "$2"';
    await this.run("bash", ["-c", archive, "archive", commit, this.root], this.workingTree);
    this.linkPackages();
    await this.copyAddon(commit);
    await this.run("bash", [join(this.root, "scripts/setup")], this.root);
    return commit;
  }

  /** Removes it, also while it is being built. */
  async stop(): Promise<void> {
    this.removed = true;
    const { command } = this;
    if (command?.pid !== undefined && command.exitCode === null) {
      const closed = once(command, "close");
      process.kill(-command.pid, "SIGTERM");
      await closed;
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Only packages that are exactly the base's: otherwise its set-up would install its own through the link. */
  private linkPackages(): void {
    const installed = join(this.workingTree, INSTALLED_LOCK_FILE);
    if (existsSync(installed) && sameText(installed, join(this.root, LOCK_FILE))) {
      symlinkSync(join(this.workingTree, "node_modules"), join(this.root, "node_modules"));
    }
  }

  private async copyAddon(commit: string): Promise<void> {
    const { workingTree } = this;
    const different = await this.run(
      "git",
      ["diff", "--name-only", commit, "--", ...ADDON_SOURCES],
      workingTree,
    );
    const addon = join(workingTree, ADDON);
    const stamp = join(workingTree, ADDON_STAMP);
    if (different !== "" || !existsSync(addon) || !existsSync(stamp)) return;
    for (const folder of ["native/build/Release", "build"]) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    copyFileSync(addon, join(this.root, ADDON));
    const text = readFileSync(stamp, "utf8").replace(` in ${workingTree} `, ` in ${this.root} `);
    writeFileSync(join(this.root, ADDON_STAMP), text);
  }

  /** A command's output; throws with the end of what it said when it fails. It has a process group of its own. */
  private async run(program: string, args: string[], cwd: string): Promise<string> {
    if (this.removed) throw new BasaltError("STOPPED", "The build of the base was stopped.");
    const child = spawn(program, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.command = child;
    let output = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    await once(child, "close");
    this.command = undefined;
    if (child.exitCode === 0) return output;
    throw new BasaltError(
      "BASE_FAILED",
      `The base cannot be made: ${[program, ...args].join(" ")} failed: ${(complaint || output).trim().slice(-1500)}`,
    );
  }
}

function sameText(one: string, other: string): boolean {
  return readFileSync(one, "utf8") === readFileSync(other, "utf8");
}
