// How many clients a limit on open files allows beside the storage's tables.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientsWithin, openFilesLimit, tablesIn } from "../../../src/server/descriptor-limit";

test("the limit is this process's own, or unknown", () => {
  expect(openFilesLimit()).toBeGreaterThan(0);
  const line = (soft: string): string =>
    `Limit                     Soft Limit\nMax open files            ${soft}   4096   files\n`;
  expect(openFilesLimit(() => line("1024"))).toBe(1024);
  expect(openFilesLimit(() => line("unlimited"))).toBeUndefined();
  expect(openFilesLimit(() => "")).toBeUndefined();
  expect(
    openFilesLimit(() => {
      throw new Error("no such file");
    }),
  ).toBeUndefined();
});

test("clients get what the storage leaves, a quarter of the limit at least, and no more than was asked for", () => {
  expect(clientsWithin(undefined, 0, 10_000)).toBe(10_000);
  expect(clientsWithin(1_048_576, 3000, 10_000)).toBe(10_000);
  expect(clientsWithin(4096, 0, 10_000)).toBe(3584);
  expect(clientsWithin(4096, 1000, 10_000)).toBe(1584);
  expect(clientsWithin(4096, 5000, 10_000)).toBe(1024);
  expect(clientsWithin(256, 0, 10_000)).toBe(64);
  expect(clientsWithin(3, 0, 10_000)).toBe(1);
  expect(clientsWithin(4096, 0, 100)).toBe(100);
});

test("tables are counted where there are any", () => {
  const directory = mkdtempSync(join(tmpdir(), "basalt-tables-"));
  expect(tablesIn(directory)).toBe(0);
  mkdirSync(join(directory, "data"));
  for (const name of ["000001.sst", "000002.sst", "MANIFEST-000003"])
    writeFileSync(join(directory, "data", name), "");
  expect(tablesIn(directory)).toBe(2);
  rmSync(directory, { recursive: true });
});
