// What the rules need to know of one source file, read from its syntax tree: what it imports, which globals it mentions,
// what state it holds at module level. No types are needed, so a whole tree takes a second.
import * as ts from "typescript";

export interface Fact {
  readonly text: string;
  readonly line: number;
}

export interface SourceFacts {
  /** Module names of every import, export-from, require and import type. */
  readonly imports: readonly Fact[];
  /** Names used as themselves (not as a member of something, not as the name of a member). */
  readonly names: readonly Fact[];
  /** `Math.random` and the like: the object and its member. */
  readonly members: readonly Fact[];
  /** `async`, `await`. */
  readonly asynchrony: readonly Fact[];
  /** `let`, `var` and static fields that can be assigned, at module level. */
  readonly moduleState: readonly Fact[];
  readonly strings: readonly Fact[];
}

type Gathered = { -readonly [Key in keyof SourceFacts]: Fact[] };

export function factsOf(path: string, text: string): SourceFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS);
  const facts: Gathered = {
    imports: [],
    names: [],
    members: [],
    asynchrony: [],
    moduleState: [],
    strings: [],
  };
  const fact = (node: ts.Node, found: string): Fact => ({
    text: found,
    line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1,
  });

  const visit = (node: ts.Node): void => {
    const module = importedModule(node);
    if (module !== undefined) facts.imports.push(fact(node, module));
    if (ts.isIdentifier(node) && isName(node)) facts.names.push(fact(node, node.text));
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      facts.members.push(fact(node, `${node.expression.text}.${node.name.text}`));
    }
    if (node.kind === ts.SyntaxKind.AsyncKeyword) facts.asynchrony.push(fact(node, "async"));
    if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AwaitKeyword) {
      facts.asynchrony.push(fact(node, "await"));
    }
    if (ts.isStringLiteralLike(node)) facts.strings.push(fact(node, node.text));
    if (ts.isPropertyDeclaration(node) && isAssignableStatic(node)) {
      facts.moduleState.push(fact(node, `static ${node.name.getText(file)}`));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);

  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement) || isDeclared(statement)) continue;
    if ((statement.declarationList.flags & ts.NodeFlags.Const) !== 0) continue;
    for (const { name } of statement.declarationList.declarations) {
      facts.moduleState.push(fact(statement, name.getText(file)));
    }
  }
  return facts;
}

function importedModule(node: ts.Node): string | undefined {
  let name: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) name = node.moduleSpecifier;
  else if (ts.isExternalModuleReference(node)) name = node.expression;
  else if (ts.isImportTypeNode(node))
    name = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  else if (ts.isCallExpression(node) && isLoad(node.expression)) name = node.arguments[0];
  return name !== undefined && ts.isStringLiteralLike(name) ? name.text : undefined;
}

function isLoad(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require")
  );
}

/** Whether an identifier stands for itself: not `x` in `a.x`, `{ x: 1 }` or a declared member `x()`. */
function isName(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isQualifiedName(parent)) return parent.right !== node;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return parent.propertyName !== node;
  if (ts.isPropertyAssignment(parent) || ts.isEnumMember(parent)) return parent.name !== node;
  if (ts.isTypeElement(parent) || ts.isClassElement(parent)) return parent.name !== node;
  return true;
}

function isAssignableStatic(node: ts.PropertyDeclaration): boolean {
  const kinds = new Set(node.modifiers?.map((modifier) => modifier.kind));
  return kinds.has(ts.SyntaxKind.StaticKeyword) && !kinds.has(ts.SyntaxKind.ReadonlyKeyword);
}

/** `declare let x` says that something exists; it holds nothing. */
function isDeclared(statement: ts.VariableStatement): boolean {
  return statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}
