// Subcommands, help, version and refusals.
import { runCommandLine } from "../../../src/cli/index";
import type { ServerConfig } from "../../../src/config/index";

interface Outcome {
  code: number;
  printed: string;
  complaints: string[];
  served: ServerConfig[];
}

async function run(...words: string[]): Promise<Outcome> {
  const outcome: Outcome = { code: -1, printed: "", complaints: [], served: [] };
  outcome.code = await runCommandLine(words, {
    version: "1.2.3",
    environment: {},
    print: (text) => (outcome.printed += text),
    complain: (sentence) => outcome.complaints.push(sentence),
    serve: (config) => Promise.resolve(outcome.served.push(config) - 1),
  });
  return outcome;
}

test.each(["version", "--version", "-v"])("%s", async (word) => {
  expect(await run(word)).toMatchObject({ code: 0, printed: "basalt 1.2.3\n", complaints: [] });
});

test.each(["help", "--help", "-h"])("%s", async (word) => {
  const outcome = await run(word);
  expect(outcome).toMatchObject({ code: 0, complaints: [] });
  expect(outcome.printed).toContain("serve [OPTIONS]");
});

test.each([[["serve", "--help"]], [["serve", "-h"]], [["help", "serve"]]])(
  "%j shows the options",
  async (words) => {
    const outcome = await run(...words);
    expect(outcome).toMatchObject({ code: 0, served: [] });
    expect(outcome.printed).toContain("--redis-port PORT");
  },
);

test("nothing at all shows help and is an error", async () => {
  expect(await run()).toMatchObject({ code: 1, printed: expect.stringContaining("Usage") as unknown });
});

test("serve hands on its configuration and its code", async () => {
  const outcome = await run("serve", "--redis-port", "7000");
  expect(outcome).toMatchObject({ code: 0, served: [{ redisPort: 7000 }] });
});

test.each([
  [
    ["cluster", "--nodes", "3"],
    "`basalt cluster` is refused, since this version runs a single node only: use `serve`.",
  ],
  [["srve"], "`srve` is not a command of basalt: did you mean serve?"],
  [["frobnicate"], "`frobnicate` is not a command of basalt: give one of serve, cluster, help, version."],
  [["serve", "--hosst", "x"], "--hosst is not an option: did you mean --host? See serve --help."],
])("%j is refused with one sentence", async (words, sentence) => {
  expect(await run(...words)).toEqual({ code: 1, printed: "", complaints: [sentence], served: [] });
});
