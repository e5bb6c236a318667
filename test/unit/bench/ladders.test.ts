import { Ladders } from "../../../bench/ladders";
import { parseBenchOptions } from "../../../bench/options";
import { casesOf } from "../../../bench/plan";

const options = parseBenchOptions(
  ["--workload", "get,set", "--pipeline", "1", "--rate", "0,1000,2000,3000"],
  "/project",
);
const [closed, get1000, get2000, get3000, , set1000, , set3000] =
  options === undefined ? [] : casesOf(options);

test("who falls behind is spared the higher rates of this load, not of others, and others are not spared", () => {
  if (get1000 === undefined || get2000 === undefined || get3000 === undefined) throw new Error("no cases");
  if (closed === undefined || set1000 === undefined || set3000 === undefined) throw new Error("no cases");
  const ladders = new Ladders();
  expect(ladders.isBeyond(get1000, "basalt")).toBe(false);
  ladders.climb(get1000, "basalt", 990);
  expect(ladders.isBeyond(get2000, "basalt")).toBe(false);
  ladders.climb(get2000, "basalt", 1700);
  expect(ladders.isBeyond(get3000, "basalt")).toBe(true);
  expect(ladders.isBeyond(get3000, "redis")).toBe(false);
  expect(ladders.isBeyond(set3000, "basalt")).toBe(false);
  expect(ladders.isBeyond(closed, "basalt")).toBe(false);
});

test("a closed loop never falls behind", () => {
  if (closed === undefined || get1000 === undefined) throw new Error("no cases");
  const ladders = new Ladders();
  ladders.climb(closed, "basalt", 1);
  expect(ladders.isBeyond(get1000, "basalt")).toBe(false);
});
