// Fifty kills under load; the short form is test/integration/kill.test.ts.
import { appendFileSync } from "node:fs";
import { killRounds } from "../integration/support/kill-rounds";

test("fifty kill -9 under load lose nothing", async () => {
  const file = process.env["BASALT_LONG_REPORT"];
  await killRounds(50, (line) => {
    process.stdout.write(`${line}\n`);
    if (file !== undefined) appendFileSync(file, `- ${line}\n`);
  });
}, 900_000);
