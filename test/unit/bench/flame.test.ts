// Stacks of perf folded, and their picture.
import { flameGraph } from "../../../bench/flame/flame-graph";
import { foldPerfScript, foldedText, innermost, threads } from "../../../bench/flame/stacks";

const SCRIPT =
  `node  29/29    1.0:
`.replace("    1.0:", "") +
  `	          1a2b JS:*header /home/project/build/src/kv/overlay.js:74:11 (/tmp/perf-29.map)
	          3c4d Builtins_InterpreterEntryTrampoline (/usr/bin/node)

node  29/30  
	ffffffff8100 do_syscall_64 ([kernel.kallsyms])
	          77 [unknown] (/usr/lib/librocksdb.so.7.8.3)
	          78 rocksdb::DBImpl::Get(rocksdb::Slice const&) (/usr/lib/librocksdb.so.7.8.3)

node  29/29  
	          1a2b JS:*header /home/project/build/src/kv/overlay.js:74:11 (/tmp/perf-29.map)
	          3c4d Builtins_InterpreterEntryTrampoline (/usr/bin/node)

rocksdb:low  29/31  
	          99 [unknown] ([unknown])
`;

const stacks = foldPerfScript(SCRIPT, "/home/project");

test("stacks are folded from the outermost frame inwards, with paths of ours cut short", () => {
  expect([...stacks]).toEqual([
    ["node;Builtins_InterpreterEntryTrampoline;JS:*header src/kv/overlay.js:74:11", 2],
    ["node;rocksdb::DBImpl::Get(rocksdb::Slice const&);[librocksdb.so.7.8.3];do_syscall_64_[k]", 1],
    ["rocksdb:low;[unknown]", 1],
  ]);
  expect(foldedText(stacks).split("\n")[2]).toBe("rocksdb:low;[unknown] 1");
});

test("the innermost frames by their share", () => {
  expect(innermost(stacks)[0]).toEqual({ frame: "JS:*header src/kv/overlay.js:74:11", share: 0.5 });
});

test("the threads by their share", () => {
  expect(threads(stacks)).toEqual([
    { frame: "node", share: 0.75 },
    { frame: "rocksdb:low", share: 0.25 },
  ]);
});

test("the picture: widths are shares, names are escaped", () => {
  const svg = flameGraph("a <title>", stacks);
  expect(svg).toContain("a &lt;title&gt; (4 samples)");
  expect(svg).toContain("<title>node (3 samples, 75.00 %)</title>");
  expect(svg).toContain('width="1050"');
  expect(svg).toContain("rocksdb::DBImpl::Get(rocksdb::Slice const&amp;)");
  expect(svg.match(/<g>/g)?.length).toBe(svg.match(/<\/g>/g)?.length);
});

test("what is too narrow to be seen is left out, with what stands on it", () => {
  const svg = flameGraph(
    "many",
    new Map([
      ["wide;deep", 100_000],
      ["narrow;hidden", 1],
    ]),
  );
  expect(svg).toContain("deep");
  expect(svg).not.toContain("narrow");
  expect(svg).not.toContain("hidden");
});
