// bench/budgets.json as it stands, and what its reader refuses.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FORMS, parseBudgets } from "../../../bench/gate/budgets";

type Json = Record<string, unknown>;

const text = readFileSync(join(__dirname, "../../../../bench/budgets.json"), "utf8");

/** The file's content with a change to the load `set` of the form for CI. */
function changed(change: (load: Json, form: Json) => void): unknown {
  const content = JSON.parse(text) as { forms: { ci: Json & { loads: { set: Json } } } };
  change(content.forms.ci.loads.set, content.forms.ci);
  return content;
}

test.each(FORMS)("the form %s has loads with limits", (name) => {
  const form = parseBudgets(JSON.parse(text), name);
  expect(form.name).toBe(name);
  expect(form.pairs).toBeGreaterThanOrEqual(5);
  expect(form.loads.length).toBeGreaterThanOrEqual(4);
});

test("the forms without a base look at memory and start times; CI is the looser of them", () => {
  const content: unknown = JSON.parse(text);
  const full = parseBudgets(content, "full");
  const ci = parseBudgets(content, "ci");
  expect(full.memory?.limit.figure).toBe("residentMiB");
  expect(full.start?.restart.figure).toBe("restartMs");
  for (const load of ci.loads) {
    const strict = full.loads.find(({ name }) => name === load.name);
    for (const { figure, bound } of load.limits) {
      const other = strict?.limits.find((limit) => limit.figure === figure)?.bound ?? NaN;
      if (figure === "throughputRatio") expect(bound).toBeLessThanOrEqual(other);
      else expect(bound).toBeGreaterThanOrEqual(other);
    }
  }
});

test("slips of the pen are refused with their place", () => {
  const parse = (content: unknown) => () => parseBudgets(content, "ci");
  expect(parse(changed((load) => (load["p99msMax"] = 3)))).toThrow(
    "the file.forms.ci.loads.set.p99msMax means nothing",
  );
  expect(parse(changed((load) => (load["p99MsMax"] = "3")))).toThrow("set.p99MsMax is no number from 0 up");
  expect(parse(changed((load) => (load["workload"] = "sett")))).toThrow("set.workload is none of");
  expect(parse(changed((load) => delete load["clients"]))).toThrow("set.clients is no number");
  expect(parse(changed((_, form) => (form["loads"] = {})))).toThrow("forms.ci.loads is empty");
  expect(parse(changed((_, form) => (form["memory"] = 3)))).toThrow("forms.ci.memory is no object");
  expect(parse({})).toThrow("the file.forms is no object");
});

test("a load without any limit is refused", () => {
  const bare = changed((load) => {
    for (const key of Object.keys(load)) if (/M(in|ax)$/.test(key)) delete load[key];
  });
  expect(() => parseBudgets(bare, "ci")).toThrow("the load set has no limits");
});
