// The command lines of the smaller programs of bench/.
import { helpText, readCommandLine } from "../../../bench/command-line";
import type { ProgramHelp } from "../../../bench/command-line";

const help = {
  command: "npm run bench:nothing",
  summary: "Does nothing.",
  options: {
    rounds: { placeholder: "N", meaning: "how often", fallback: "3" },
    out: { placeholder: "DIR", meaning: "where" },
    quick: { meaning: "not slowly" },
  },
} as const satisfies ProgramHelp<string>;

const read = (...words: string[]) => readCommandLine(help, words)!;

test("values, flags, fallbacks", () => {
  const options = read("--rounds", "5", "--out=here", "--quick");
  expect(options.integer("rounds", 1, 10)).toBe(5);
  expect(options.text("out")).toBe("here");
  expect(options.has("quick")).toBe(true);
  const bare = read();
  expect(bare.integer("rounds", 1, 10)).toBe(3);
  expect(bare.text("out")).toBeUndefined();
  expect(bare.has("quick")).toBe(false);
});

test("help", () => {
  expect(readCommandLine(help, ["--rounds", "5", "--help"])).toBeUndefined();
  expect(helpText(help)).toBe(
    [
      "Usage: npm run bench:nothing -- [OPTIONS]",
      "",
      "Does nothing.",
      "",
      "  --rounds N               how often [3]",
      "  --out DIR                where",
      "  --quick                  not slowly",
      "",
    ].join("\n"),
  );
});

test("what is refused", () => {
  expect(() => read("--round", "5")).toThrow("has no option --round; --rounds is one");
  expect(() => read("five")).toThrow('takes options only; "five" is none');
  expect(() => read("--rounds")).toThrow("--rounds needs a value: N.");
  expect(() => read("--quick=yes")).toThrow("--quick takes no value");
  expect(() => read("--rounds", "1", "--rounds", "2")).toThrow("--rounds is given twice");
  expect(() => read("--rounds", "0").integer("rounds", 1, 10)).toThrow('a number from 1 to 10, not "0"');
  expect(() => read("--rounds", "1.5").integer("rounds", 1, 10)).toThrow("a whole number");
  expect(() => read("--out", "there").choice("out", ["here"])).toThrow("--out is one of here");
  expect(() => read("--out", "a,c").list("out", ["a", "b"])).toThrow('--out is of a, b; "c" is none');
});

test("words, where a program takes some", () => {
  const wordy = { ...help, words: { placeholder: "[W…]", meaning: "words" } };
  expect(readCommandLine(wordy, ["one", "--quick", "two"])?.words).toEqual(["one", "two"]);
  expect(helpText(wordy)).toContain("Usage: npm run bench:nothing -- [W…] [OPTIONS]");
});
