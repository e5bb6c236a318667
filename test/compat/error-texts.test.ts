// Every error text of every command, asserted once at least: the requests of error-texts/ are answered by Basalt with exactly the
// text that stands there, and change nothing; redis-server, where it is installed, answers the same, but for differences that
// differences.json explains. No error text of the sources is left out: what no single request provokes (a lost leader, a full disk,
// limits of half a gigabyte) is asserted in test/unit/redis/rare-errors.test.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandTable } from "../../src/redis/command-table";
import { BasaltProcess, REPOSITORY, temporaryDirectory } from "../integration/support/basalt-process";
import { CONNECTION_ERRORS } from "./error-texts/connections";
import { ErrorClient, errorIn } from "./error-texts/error-client";
import { errorTextsOf } from "./error-texts/error-source";
import { POPULATION, wordsOf, wrongWords } from "./error-texts/error-text";
import type { ErrorText } from "./error-texts/error-text";
import { KEY_ERRORS } from "./error-texts/keys";
import { SERVER_ERRORS } from "./error-texts/server";
import { VALUE_ERRORS } from "./error-texts/strings";
import { ReferenceServer } from "./reference-server";
import { itemsOf } from "./typed-client";

/** Of every command that demands words, one with too few of them. */
const WRONG_WORDS: readonly ErrorText[] = new CommandTable().everyCommand
  .filter(({ spec, name }) => Math.abs(spec.arity) > (name.includes("|") ? 2 : 1))
  .map(({ name }) => ({ request: name.replace("|", " "), text: wrongWords(name) }));

/** Of every command that takes no more words than it demands, one with one too many. */
const TOO_MANY_WORDS: readonly ErrorText[] = new CommandTable().everyCommand
  .filter(({ spec, name }) => spec.arity > 0 && name !== "exec")
  .map(({ name, spec }) => {
    const words = name.split("|");
    while (words.length <= spec.arity) words.push("x");
    return { request: words, text: wrongWords(name) };
  });

const ALL: readonly ErrorText[] = [
  ...VALUE_ERRORS,
  ...KEY_ERRORS,
  ...CONNECTION_ERRORS,
  ...SERVER_ERRORS,
  ...WRONG_WORDS,
  ...TOO_MANY_WORDS,
];

/** Commands of 7.2 that redis-server 7.0.15 does not know: an id of differences.json for each. */
const OF_SEVEN_TWO: ReadonlyMap<string, string> = new Map([
  ["client|setinfo", "client-setinfo"],
  ["client|no-touch", "client-no-touch"],
  ["waitaof", "waitaof"],
]);

interface Server {
  readonly port: number;
  readonly admin: ErrorClient;
  readonly digests: boolean;
}

async function populate(port: number, digests: boolean): Promise<Server> {
  const admin = await ErrorClient.connect(port);
  const server = { port, admin, digests };
  for (const line of POPULATION) {
    const error = errorIn(await admin.ask(wordsOf(line)));
    if (error !== undefined) throw new Error(`${line}: ${error}`);
  }
  return server;
}

async function digestOf({ admin, digests }: Server): Promise<unknown> {
  return digests ? (await admin.ask(["DEBUG", "DIGEST"]))?.value : undefined;
}

/** Parameters that decide whether and as whom a client comes in, where the others are to hold for one that is there. */
const OF_NEW_CLIENTS: readonly string[] = ["maxclients", "requirepass"];

/** What the server answers; that its data stayed what they were is asserted here. */
async function provoke(
  server: Server,
  { request, before = [], setting }: ErrorText,
): Promise<string | undefined> {
  const { admin, port } = server;
  const comesLater = setting !== undefined && OF_NEW_CLIENTS.includes(setting[0]);
  let client = comesLater ? undefined : await ErrorClient.connect(port);
  for (const line of before) await client?.ask(wordsOf(line));
  const usual = setting === undefined ? "" : await parameterOf(admin, setting[0]);
  if (setting !== undefined) await admin.ask(["CONFIG", "SET", ...setting]);
  client ??= await ErrorClient.connect(port);
  const digest = await digestOf(server);
  if (typeof request !== "string" && "bytes" in request) client.sendBytes(request.bytes);
  else client.send(typeof request === "string" ? await withAdmin(admin, wordsOf(request)) : request);
  const error = errorIn(await client.reply());
  if (setting !== undefined) await admin.ask(["CONFIG", "SET", setting[0], usual]);
  if (error !== undefined) expect(await digestOf(server)).toBe(digest);
  client.close();
  return error;
}

async function parameterOf(admin: ErrorClient, name: string): Promise<string> {
  const reply = await admin.ask(["CONFIG", "GET", name]);
  return reply === undefined ? "" : String(itemsOf(reply)[1]?.value);
}

async function withAdmin(admin: ErrorClient, words: readonly string[]): Promise<readonly string[]> {
  if (!words.includes("ADMIN")) return words;
  const id = String((await admin.ask(["CLIENT", "ID"]))?.value);
  return words.map((word) => (word === "ADMIN" ? id : word));
}

function shown({ request, before = [], setting }: ErrorText): string {
  const words = typeof request === "string" ? request : JSON.stringify(request).slice(0, 60);
  return [...before, words, ...(setting ?? [])].join("; ");
}

const directory = temporaryDirectory("error-texts");
let basalt: BasaltProcess | undefined;
let reference: ReferenceServer | undefined;

beforeAll(async () => {
  basalt = await BasaltProcess.start({ directory: directory.path });
  reference = await ReferenceServer.start(["--enable-debug-command", "yes"]);
  if (reference === undefined) console.log("redis-server is not installed: nothing is compared with it");
});

afterAll(async () => {
  await basalt?.kill();
  await reference?.stop();
  directory.remove();
});

test("every error text is what Basalt answers, and changes nothing", async () => {
  const server = await populate(basalt!.redisPort, true);
  const answers: Record<string, string | undefined> = {};
  for (const each of ALL) answers[shown(each)] = await provoke(server, each);
  server.admin.close();
  expect(answers).toEqual(Object.fromEntries(ALL.map((each) => [shown(each), each.text])));
}, 120_000);

test("redis-server answers the same, but for what differences.json explains", async () => {
  if (reference === undefined) return;
  const file = join(REPOSITORY, "test", "compat", "differences.json");
  const ids = new Set((JSON.parse(readFileSync(file, "utf8")) as { id: string }[]).map(({ id }) => id));
  const server = await populate(reference.port, false);
  const answers: Record<string, string | undefined> = {};
  const wanted: Record<string, string | undefined> = {};
  for (const each of ALL) {
    if (OF_SEVEN_TWO.has(/^ERR wrong number of arguments for '(.*)' command$/.exec(each.text)?.[1] ?? ""))
      continue;
    answers[shown(each)] = await provoke(server, each);
    wanted[shown(each)] = each.difference === undefined ? each.text : each.redisText;
    if (each.difference !== undefined) expect(ids).toContain(each.difference);
  }
  for (const id of OF_SEVEN_TWO.values()) expect(ids).toContain(id);
  server.admin.close();
  expect(answers).toEqual(wanted);
}, 120_000);

test("no error text of the sources is left out", () => {
  const sources = errorTextsOf([join(REPOSITORY, "src", "redis"), join(REPOSITORY, "src", "resp")]);
  expect(sources.length).toBeGreaterThan(80);
  // What no single request provokes is asserted there, text by text.
  const units = join(REPOSITORY, "test", "unit", "redis");
  const rare = errorTextsOf([join(units, "rare-errors.test.ts"), join(units, "forwarding.test.ts")]);
  const asserted = [...ALL.map(({ text }) => text), ...rare.map(({ shown: text }) => text)];
  const missing = sources.filter(({ pattern }) => !asserted.some((text) => pattern.test(text)));
  expect(missing.map(({ shown: text }) => text)).toEqual([]);
});
