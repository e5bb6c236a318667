// Replays the project's own scenarios, and etcd's traces where they lie beside the repository.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runTrace } from "./trace/runner";

const REPOSITORY = join(__dirname, "..", "..", "..");
const OWN = join(REPOSITORY, "test", "raft", "scenarios");
const PUBLISHED = join(REPOSITORY, "..", "shared", "raft-traces");

function scriptsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".txt") && !name.startsWith("LICENSE"))
    .sort();
}

function expectEqual(folder: string, name: string): void {
  const { blocks, differences } = runTrace(readFileSync(join(folder, name), "utf8"));
  expect(differences).toEqual([]);
  expect(blocks).toBeGreaterThan(0);
}

describe("own scenarios", () => {
  test.each(scriptsIn(OWN))("%s", (name) => expectEqual(OWN, name));
});

describe("etcd's published traces", () => {
  if (!existsSync(PUBLISHED)) {
    test("are not here: skipped", () => console.log(`skipped: no traces in ${PUBLISHED}`));
    return;
  }
  test.each(scriptsIn(PUBLISHED))("%s", (name) => expectEqual(PUBLISHED, name));
});

describe("the runner itself", () => {
  const block = "vote cfg=(1) votes=(y)\n----\n";

  test("finds a difference and says where", () => {
    const { differences } = runTrace(`# a comment\n\n${block}VoteLost\n`);
    expect(differences).toEqual([{ line: 3, command: "vote", expected: "VoteLost\n", got: "VoteWon\n" }]);
  });

  test("compares blank lines and the end of the output", () => {
    expect(runTrace(`${block}VoteWon\nmore\n`).differences).toHaveLength(1);
    expect(runTrace(`${block}----\nVoteWon\n\nVoteWon\n----\n----\n`).differences).toHaveLength(1);
    expect(runTrace(`${block}----\nVoteWon\n----\n----\n`).differences).toHaveLength(0);
  });

  test("a directive can go on in the next line", () => {
    expect(runTrace("vote \\\n  cfg=(1, 2) \\\n  votes=(y,n)\n----\nVoteLost\n").differences).toEqual([]);
  });

  test("a broken invariant is a difference, not the end of the run", () => {
    const script = "add-nodes 1 voters=(1) index=3 inflight=0\n----\nok\n\nraft-state\n----\nok\n";
    const { blocks, differences } = runTrace(script);
    expect(blocks).toBe(2);
    expect(differences[0]!.got).toContain("at least one message must be allowed in flight");
  });

  test("unknown directives and arguments are told", () => {
    expect(runTrace("dance 1\n----\nok\n").differences[0]!.got).toBe("unknown command\n");
    expect(runTrace("vote cfg=(1) voices=(y)\n----\nok\n").differences[0]!.got).toBe("unknown arg voices\n");
  });
});
