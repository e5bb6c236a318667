// Fifty power losses under load; the short form is test/integration/power-loss.test.ts.
import { appendFileSync } from "node:fs";
import { powerRounds } from "../integration/support/power-rounds";

test("fifty power losses lose no acknowledged write", async () => {
  const { broken, acknowledged, seed } = await powerRounds(50, "always");
  const line = `power loss: 50 rounds, seed ${seed}, ${acknowledged} acknowledged writes, ${broken.length} lost`;
  process.stdout.write(`${line}\n`);
  const file = process.env["BASALT_LONG_REPORT"];
  if (file !== undefined) appendFileSync(file, `- ${line}\n`);
  expect(broken).toEqual([]);
}, 1_800_000);
