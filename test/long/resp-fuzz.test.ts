// The parser's fuzzing in its long form, as a process of its own: a million streams, no crash, no hang, no growth.
import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

test("a million random streams are read as a plain reader reads them", async () => {
  const program = join(__dirname, "resp-fuzz.js");
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program]);
  process.stdout.write(stdout);
  const report = process.env["BASALT_LONG_REPORT"];
  if (report !== undefined) appendFileSync(report, `- ${stdout.trim()}\n`);
});
