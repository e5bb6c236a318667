// The map of databases: versions by batch, what each view names, taking back, the stored row.
import { BasaltError } from "../../../src/base/index";
import { Databases } from "../../../src/kv/databases";
import { u32String } from "../../../src/storage/index";

test("without a row every database has the id of its number, and new ids begin behind them", () => {
  const databases = new Databases(null);
  expect(databases.all()).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(databases.replace([3], 1).replaced).toEqual([3]);
  expect(databases.physical(3, undefined)).toBe(16);
});

test("a replacement shows in the latest view at once and in the committed one when its batch is", () => {
  const databases = new Databases(null);
  databases.replace([0], 5);
  databases.replace([0, 1], 7);
  const views = (committed: number): number[] =>
    [0, 1].map((logical) => databases.physical(logical, committed));
  expect([views(4), views(5), views(6), views(7)]).toEqual([
    [0, 1],
    [16, 1],
    [16, 1],
    [17, 18],
  ]);
  expect(databases.physical(0, undefined)).toBe(17);
  expect(databases.sequence).toBe(7);
  databases.committed(5);
  expect(views(5)).toEqual([16, 1]);
  expect([0, 16, 17].map((id) => databases.isNamed(id))).toEqual([false, true, true]);
  databases.committed(9);
  expect(views(9)).toEqual([17, 18]);
  expect(databases.isNamed(16)).toBe(false);
});

test("what is taken back was never there, its ids included", () => {
  const databases = new Databases(null);
  databases.replace([0], 5);
  const mark = databases.mark;
  databases.replace([0, 1, 2], 5);
  databases.rollback(mark);
  expect(databases.physical(0, undefined)).toBe(16);
  expect(databases.physical(1, undefined)).toBe(1);
  databases.replace([1], 5);
  expect(databases.physical(1, undefined)).toBe(17);
});

test("a mark stays good while earlier versions are committed, as between the steps of a long evaluation", () => {
  const databases = new Databases(null);
  databases.replace([0], 5);
  const mark = databases.mark;
  databases.committed(5);
  databases.rollback(mark);
  expect([databases.physical(0, undefined), databases.sequence]).toEqual([16, 5]);
  databases.replace([0], 6);
  databases.rollback(mark);
  expect([databases.physical(0, undefined), databases.sequence]).toEqual([16, 5]);
});

test("a swap shows in each view when a replacement would, and can be taken back", () => {
  const databases = new Databases(null);
  databases.replace([2], 3);
  const row = databases.swap(2, 5, 4);
  expect(new Databases(row).all()).toEqual(databases.all());
  const views = (committed: number): number[] =>
    [2, 5].map((logical) => databases.physical(logical, committed));
  expect([views(2), views(3), views(4)]).toEqual([
    [2, 5],
    [16, 5],
    [5, 16],
  ]);
  const mark = databases.mark;
  databases.swap(5, 2, 5);
  expect(databases.physical(2, undefined)).toBe(16);
  databases.rollback(mark);
  expect(databases.physical(2, undefined)).toBe(5);
  expect(databases.replace([2], 6).replaced).toEqual([5]);
  expect(databases.physical(2, undefined)).toBe(17);
});

test("the row it gives is the row it is read from", () => {
  const databases = new Databases(null);
  databases.replace([0, 15], 1);
  const { row } = databases.replace([0], 2);
  const read = new Databases(row);
  expect(read.all()).toEqual(databases.all());
  expect(read.replace([4], 1).replaced).toEqual([4]);
  expect(read.physical(4, undefined)).toBe(19);
});

test("a damaged row is an error", () => {
  const { row } = new Databases(null).replace([0], 1);
  for (const damaged of [
    "",
    "\x02" + row.slice(1),
    row.slice(0, -1),
    row + "\0",
    "\x01\0\0\0\x10\x0f" + row.slice(6),
  ]) {
    expect(() => new Databases(damaged)).toThrow(BasaltError);
  }
});

test("ids are never used again: when none are left nothing is replaced", () => {
  const databases = new Databases(rowWithNextId(0xffff_ffff - 3));
  expect([databases.canReplace(3), databases.canReplace(4)]).toEqual([true, false]);
  expect(() => databases.replace([0, 1, 2, 3], 1)).toThrow("never used again");
  databases.replace([0, 1, 2], 1);
  expect(databases.physical(2, undefined)).toBe(0xffff_fffe);
  expect(databases.canReplace(1)).toBe(false);
});

function rowWithNextId(nextId: number): string {
  const ids = Array.from({ length: 16 }, (_, i) => u32String(i)).join("");
  return "\u0001" + u32String(nextId) + "\u0010" + ids;
}
