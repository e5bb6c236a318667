// The boundary checker: every rule can fail, and the tree is what it should be only if the checker sees.
import { CANARIES, failedCanaries } from "../../../scripts/boundaries/canary";
import { ROOMS } from "../../../scripts/boundaries/rooms";
import { violationsOf } from "../../../scripts/boundaries/rules";

test.each(CANARIES.map((canary) => [canary.rule, canary.file, canary.text.trim(), canary] as const))(
  "%s: %s: %s",
  (_rule, _file, _text, canary) => {
    expect(failedCanaries([canary])).toEqual([]);
  },
);

test("every rule has a canary", () => {
  const rules = new Set(CANARIES.map(({ rule }) => rule));
  expect([...rules].sort()).toEqual([
    "addon",
    "door",
    "inside",
    "none",
    "order",
    "package",
    "purity",
    "room",
    "state",
  ]);
});

test("a checker that sees nothing, or sees everything, does not pass the canaries", () => {
  const forbidden = CANARIES.filter(({ rule }) => rule !== "none");
  expect(failedCanaries(CANARIES, () => [])).toHaveLength(forbidden.length);
  const everything = failedCanaries(CANARIES, (file) => [{ rule: "state", file, line: 1, sentence: "" }]);
  expect(everything.length).toBeGreaterThan(CANARIES.length / 2);
});

test("a violation names its line", () => {
  const [violation] = violationsOf(
    "src/kv/session.ts",
    "// one\n\nimport {\n  x,\n} from '../redis/index';\n",
  );
  expect(violation).toEqual({
    rule: "order",
    file: "src/kv/session.ts",
    line: 3,
    sentence: "imports redis/, which is not above kv/ in the table",
  });
});

test("the table is the design's: each room once, the adapters on one line", () => {
  expect(new Set(ROOMS.map(({ folder }) => folder)).size).toBe(ROOMS.length);
  const line = ROOMS.find(({ folder }) => folder === "redis")?.line;
  expect(ROOMS.filter((room) => room.line === line).map(({ folder }) => folder)).toEqual([
    "redis",
    "dynamodb",
    "grpc",
    "http",
  ]);
});
