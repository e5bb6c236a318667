import {
  COUNTER,
  HASH,
  KEY,
  VALUE,
  ValuePool,
  keySource,
  requestBatch,
  requestTemplate,
  workloads,
} from "../../../bench/load/index";
import type { RequestBatch, WorkloadName } from "../../../bench/load/index";
import { SeededRandom } from "../../../src/base/index";
import { CommandParser, ParseStatus } from "../../../src/resp/index";

interface Load {
  workload: WorkloadName;
  pipeline: number;
  keys: number;
  valueBytes: number;
}

function batchOf({ workload, pipeline, keys, valueBytes }: Load): RequestBatch {
  const random = new SeededRandom(7);
  const { requests } = workloads[workload];
  return requestBatch(
    {
      templates: requests.map((request) => requestTemplate(request.parts, request.reply, valueBytes)),
      weights: requests.map((request) => request.weight),
      keys: keySource("uniform", keys, random),
      keyDigits: String(keys - 1).length,
      values: new ValuePool(valueBytes, random),
      random,
    },
    pipeline,
  );
}

/** What a server would read: the commands of a composed batch, as texts. */
function commandsIn(bytes: Buffer): string[][] {
  const parser = new CommandParser();
  parser.push(Buffer.from(bytes));
  const commands: string[][] = [];
  for (;;) {
    const status = parser.next();
    if (status !== ParseStatus.command) {
      expect(status).toBe(ParseStatus.needMore);
      expect(parser.pendingBytes).toBe(0);
      return commands;
    }
    commands.push(Array.from({ length: parser.args.count }, (_, index) => parser.args.string(index)));
  }
}

test("a template knows where its keys and values are", () => {
  const template = requestTemplate(["MSET", KEY, VALUE, KEY, VALUE], "ok", 10);
  const text = template.bytes.toString("latin1");
  expect(template.keyDigitsAt.map((at) => text.slice(at - 4, at + 12))).toEqual([
    "key:000000000000",
    "key:000000000000",
  ]);
  expect(template.valueAt.map((at) => text.slice(at - 5, at))).toEqual(["$10\r\n", "$10\r\n"]);
  expect(template.replyBytes).toBe("+OK\r\n".length);
  expect(requestTemplate(["GET", KEY], "value", 10).replyBytes).toBe("$10\r\n0123456789\r\n".length);
  expect(requestTemplate(["MGET", KEY, KEY], "values", 3).replyBytes).toBe(
    "*2\r\n$3\r\nabc\r\n$3\r\nabc\r\n".length,
  );
  expect(requestTemplate(["INCR", COUNTER], "counter", 10).replyBytes).toBe(":1000000000001\r\n".length);
  expect(requestTemplate(["HSET", HASH, "field", VALUE], "digit", 10).replyBytes).toBe(":0\r\n".length);
  expect(requestTemplate(["STRLEN", KEY], "any", 10).replyBytes).toBeUndefined();
});

test.each([1, 16])(
  "SET at pipeline %i: whole commands, keys in range, values of the size, new at each turn",
  (pipeline) => {
    const batch = batchOf({ workload: "set", pipeline, keys: 100_000, valueBytes: 64 });
    expect(batch.replyBytes).toBe(5 * pipeline);
    const keysSeen = new Set<string>();
    for (let turn = 0; turn < 50; turn++) {
      const commands = commandsIn(batch.compose());
      expect(commands).toHaveLength(pipeline);
      for (const [name, key = "", value = ""] of commands) {
        expect(name).toBe("SET");
        expect(key).toMatch(/^key:0000000\d{5}$/);
        expect(value).toHaveLength(64);
        keysSeen.add(key);
      }
    }
    expect(keysSeen.size).toBeGreaterThan(45 * pipeline);
  },
);

test("a mixed batch is half of each, and expects the right replies", () => {
  const batch = batchOf({ workload: "mixed", pipeline: 16, keys: 1000, valueBytes: 64 });
  let sets = 0;
  for (let turn = 0; turn < 500; turn++) {
    const commands = commandsIn(batch.compose());
    expect(commands).toHaveLength(16);
    const setsHere = commands.filter(([name]) => name === "SET").length;
    expect(commands.filter(([name]) => name === "GET")).toHaveLength(16 - setsHere);
    expect(batch.replyBytes).toBe(setsHere * 5 + (16 - setsHere) * (5 + 64 + 2));
    sets += setsHere;
  }
  expect(sets / 8000).toBeCloseTo(0.5, 1);
});

test("small key spaces: all keys occur and no others", () => {
  const batch = batchOf({ workload: "get", pipeline: 4, keys: 11, valueBytes: 1 });
  const keysSeen = new Set<string>();
  for (let turn = 0; turn < 200; turn++)
    for (const [, key = ""] of commandsIn(batch.compose())) keysSeen.add(key);
  expect([...keysSeen].sort()).toEqual(
    Array.from({ length: 11 }, (_, key) => `key:${String(key).padStart(12, "0")}`),
  );
});

test.each([
  ["mget", /^MGET( key:0000000\d{5}){10}$/],
  ["mset", /^MSET( key:0000000\d{5} \S{8}){10}$/],
  ["incr", /^INCR ctr:000000000000$/],
  ["incr-spread", /^INCR ctr:0000000\d{5}$/],
  ["hset", /^HSET hsh:0000000\d{5} field \S{8}$/],
] as const)("%s asks what its name says, and each time anew", (workload, form) => {
  const batch = batchOf({ workload, pipeline: 3, keys: 100_000, valueBytes: 8 });
  const seen = new Set<string>();
  for (let turn = 0; turn < 20; turn++) {
    for (const command of commandsIn(batch.compose())) {
      // Values are bytes of any kind: only their length is looked at.
      const words = command.map((word) =>
        /^[\w:-]+$/.test(word) && word.length !== 8 ? word : "v".repeat(word.length),
      );
      expect(words.join(" ")).toMatch(form);
      seen.add(command.join(" "));
    }
  }
  expect(seen.size).toBe(workload === "incr" ? 1 : 60);
});
