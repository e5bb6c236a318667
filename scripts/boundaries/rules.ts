// The rules over one file's facts. Each violation names its rule, so that the canary can tell which rule caught it.
import * as path from "node:path";
import { ADDON_ROOM, purityOf, roomOf } from "./rooms";
import type { Purity, Room } from "./rooms";
import { factsOf } from "./source-facts";
import type { Fact, SourceFacts } from "./source-facts";

export type Rule =
  | "room" // every file of src/ lies in a room of the table
  | "order" // imports go upwards in the table only
  | "door" // another room is imported through its index
  | "inside" // src/ imports nothing that lies outside it
  | "package" // packages and Node modules are those listed for the room
  | "addon" // only storage/ loads native code
  | "purity" // time, chance, I/O and promises where they are forbidden
  | "state"; // nothing mutable at module level

export interface Violation {
  readonly rule: Rule;
  /** From the root of the repository. */
  readonly file: string;
  readonly line: number;
  readonly sentence: string;
}

type Report = (rule: Rule, fact: Fact, sentence: string) => void;

/** Checks one file; `file` is its path from the root of the repository, with forward slashes. */
export function violationsOf(file: string, text: string): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (rule, { line }, sentence) => violations.push({ rule, file, line, sentence });
  const facts = factsOf(file, text);
  if (!file.startsWith("src/")) {
    for (const fact of facts.imports) checkDoor(file, fact, report);
    return violations;
  }
  const inSource = file.slice("src/".length);
  const room = roomOf(inSource);
  if (room === undefined) {
    report("room", { text: "", line: 1 }, "lies in no room of the table in scripts/boundaries/rooms.ts");
    return violations;
  }
  for (const fact of facts.imports) {
    if (fact.text.startsWith(".")) checkRoomImport(room, file, fact, report);
    else checkPackage(room, fact, report);
  }
  if (room.folder !== ADDON_ROOM) checkAddon(facts, report);
  checkPurity(purityOf(inSource), facts, report);
  for (const fact of facts.moduleState)
    report("state", fact, `holds mutable state at module level: ${fact.text}`);
  return violations;
}

function checkRoomImport(room: Room, file: string, fact: Fact, report: Report): void {
  const target = targetOf(file, fact);
  if (!target.startsWith("src/")) {
    report("inside", fact, `imports ${fact.text}, which lies outside src/`);
    return;
  }
  const other = roomOf(`${target.slice("src/".length)}/`);
  if (other === room) return;
  if (other === undefined) report("room", fact, `imports ${fact.text}, which lies in no room`);
  else if (other.line >= room.line) {
    report("order", fact, `imports ${other.folder}/, which is not above ${room.folder}/ in the table`);
  }
  checkDoor(file, fact, report);
}

/** Also for benchmarks and scripts; the tests of a room may look inside it, and so may measurements of its parts. */
function checkDoor(file: string, fact: Fact, report: Report): void {
  if (!fact.text.startsWith(".") || file.startsWith("test/") || file.startsWith("bench/micro/")) return;
  const target = targetOf(file, fact);
  const room = target.startsWith("src/") ? roomOf(`${target.slice("src/".length)}/`) : undefined;
  if (room === undefined) return;
  if (target !== `src/${room.folder}/index` && target !== `src/${room.folder}/index.js`) {
    report("door", fact, `imports ${fact.text}, which is not the door (index) of ${room.folder}/`);
  }
}

function targetOf(file: string, fact: Fact): string {
  return path.posix.join(path.posix.dirname(file), fact.text);
}

function checkPackage(room: Room, fact: Fact, report: Report): void {
  const isNodes = fact.text.startsWith("node:");
  if (room.mayImport.includes(fact.text) || (isNodes && room.mayImport.includes("node:*"))) return;
  report("package", fact, `imports ${fact.text}, which is not listed for ${room.folder}/`);
}

function checkAddon(facts: SourceFacts, report: Report): void {
  const loads = [
    ...facts.strings.filter(({ text }) => text.endsWith(".node")),
    ...facts.names.filter(({ text }) => text === "createRequire"),
    ...facts.members.filter(({ text }) => text === "process.dlopen"),
  ];
  for (const fact of loads)
    report("addon", fact, `loads native code (${fact.text}); only ${ADDON_ROOM}/ may`);
}

/** Where time and chance come from. */
const NOT_DETERMINISTIC = [
  "Date",
  "crypto",
  "performance",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
];
/** What a pure state machine does not know either. */
const NOT_PURE = [
  ...NOT_DETERMINISTIC,
  "Promise",
  "WebSocket",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "console",
  "eval",
  "fetch",
  "global",
  "globalThis",
  "require",
];

function checkPurity(purity: Purity, facts: SourceFacts, report: Report): void {
  if (purity === "free") return;
  const forbidden = new Set(purity === "pure" ? NOT_PURE : NOT_DETERMINISTIC);
  const found = [
    ...facts.names.filter(({ text }) => forbidden.has(text)),
    ...facts.members.filter(({ text }) => text === "Math.random"),
    ...(purity === "pure" ? facts.asynchrony : []),
  ];
  for (const fact of found) report("purity", fact, `uses ${fact.text}, which a ${purity} room may not`);
}
