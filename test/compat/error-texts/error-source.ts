// What the sources of src/redis and src/resp can answer as an error: every text and template in them that reads like one, found in
// their syntax trees, so that a new one cannot be forgotten.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";

export interface SourceText {
  /** With `…` for what is filled in. */
  readonly shown: string;
  /** Matches an error of this text. */
  readonly pattern: RegExp;
}

/** "ERR some words". Texts of help begin with upper-case words as well, but no error's code is a command's name. */
const ERROR = /^(?:ERR|[A-Z]{6,}) [^<\s]/;
const NO_CODES = /^(?:OBJECT|MEMORY|SLOWLOG|LATENCY|SELECT) /;
/** Files of texts that are no replies. */
const LEFT_OUT = /documentation/;
const FILLED = "\u2026";
/** What stands before a text that comes from elsewhere. */
const ERR_AND_MORE = `ERR ${FILLED}`;

/** Errors of the protocol, and what CONFIG SET says of a value, stand behind a text that another file puts before them. */
function isEndOfText(node: ts.Node, text: string): boolean {
  if (text.startsWith("Protocol error: ")) return true;
  return ts.isPropertyAssignment(node.parent) && node.parent.name.getText() === "problem";
}

/** Of directories, with all in them, and of files. */
export function errorTextsOf(places: readonly string[]): SourceText[] {
  const found = new Map<string, SourceText>();
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text === ERR_AND_MORE) return;
    if (text === undefined) return ts.forEachChild(node, visit);
    const isEnd = isEndOfText(node, text);
    if (!isEnd && (!ERROR.test(text) || NO_CODES.test(text))) return;
    const pattern = text.split(FILLED).map(escaped).join("[^]*");
    found.set(text, { shown: text, pattern: new RegExp(`${isEnd ? "" : "^"}${pattern}$`) });
  };
  for (const file of places.flatMap(filesOf)) {
    visit(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true));
  }
  return [...found.values()];
}

/** The text of a literal, a template or a sum of both; undefined for any other expression. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => FILLED + literal.text).join("");
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const left = textOf(node.left);
  return left === undefined ? undefined : left + (textOf(node.right) ?? FILLED);
}

function filesOf(directory: string): string[] {
  if (directory.endsWith(".ts")) return [directory];
  return readdirSync(directory, { withFileTypes: true })
    .map((entry) => ({ entry, path: join(directory, entry.name) }))
    .filter(({ path }) => !LEFT_OUT.test(path))
    .flatMap(({ entry, path }) => (entry.isDirectory() || path.endsWith(".ts") ? filesOf(path) : []));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
