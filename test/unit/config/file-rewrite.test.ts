// CONFIG REWRITE's file: changed lines change, everything else stays; what cannot be changed without loss is refused.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { rewriteConfigFile } from "../../../src/config/index";
import { rewrittenText } from "../../../src/config/file-rewrite";

const option = (name: string, value: string) => ({ name, inRedisTable: false, value });
const parameter = (name: string, value: string) => ({ name, inRedisTable: true, value });

test("a line is replaced where it stands, with its comment", () => {
  const before = "# head\nmax-clients = 5 # few\nhost = '0.0.0.0'\n\n[redis]\nTimeout = \"3\"\n# tail\n";
  expect(rewrittenText(before, [option("max-clients", "7"), parameter("timeout", "9")])).toBe(
    '# head\nmax-clients = "7" # few\nhost = \'0.0.0.0\'\n\n[redis]\nTimeout = "9"\n# tail\n',
  );
});

test("what is not there is added, to the table it belongs to", () => {
  expect(rewrittenText("", [parameter("timeout", "9"), option("max-clients", "7")])).toBe(
    'max-clients = "7"\n[redis]\ntimeout = "9"\n',
  );
  expect(
    rewrittenText('host = "a"\n\n[redis]\ntimeout = 1\n', [
      option("log-level", "warn"),
      parameter("requirepass", 'a"b\\c\u00e9\n'),
    ]),
  ).toBe('host = "a"\nlog-level = "warn"\n\n[redis]\ntimeout = 1\nrequirepass = "a\\"b\\\\cé\\n"\n');
});

test.each([
  ['host = "a"\n', "max-clients"],
  ['"max-clients" = 3\n', "max-clients"],
  ["max-clients=3#x\n[redis]\na = '#'\n", "max-clients"],
  ["[redis] # table\n'timeout' = 3\n", "max-clients"],
  ["", "max-clients"],
])("the new file says what the old one said, but for the change: %j", (before, name) => {
  const after = parse(rewrittenText(before, [option(name, "7"), parameter("timeout", "8")]));
  const old = parse(before);
  const redis = { ...(old["redis"] as object), timeout: "8" };
  expect(after).toEqual({ ...old, [name]: "7", redis });
});

test("a form that cannot be changed line by line is refused", () => {
  expect(() => rewrittenText('redis.timeout = "3"\n', [parameter("timeout", "4")])).toThrow();
  expect(() => rewrittenText('redis = { timeout = "3" }\n', [parameter("timeout", "4")])).toThrow();
  const text = 'data-dir = """\nmax-clients = 3\n"""\n';
  expect(() => rewrittenText(text, [option("max-clients", "4")])).toThrow("too unusual");
});

test("the file is replaced whole, and nothing is left beside it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "basalt-rewrite-"));
  const path = join(directory, "basalt.toml");
  writeFileSync(path, "max-clients = 5\n");
  await rewriteConfigFile(path, [option("max-clients", "6")]);
  expect(readFileSync(path, "utf8")).toBe('max-clients = "6"\n');
  await expect(rewriteConfigFile(join(directory, "none"), [])).rejects.toThrow("ENOENT");
  expect(readdirSync(directory)).toEqual(["basalt.toml"]);
  rmSync(directory, { recursive: true });
});
