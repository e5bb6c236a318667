// Copying a value to another key, whatever its type: its header as a new incarnation there, and every row under its element
// prefix under that of the new one, since element keys hold database, slot and user key. Few rows are copied in one turn.
// Many are staged in steps, ahead of the header that names them: nothing of the copy is seen before all of it is there, and
// what a loss of leadership leaves behind is garbage for the sweeper. Rows are copied as they are: a header's `rest` and a
// sub-key never name the incarnation they belong to.
import { assert, prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, ReadView, Session, StepRequest } from "../../kv/index";
import { ValueEncoding } from "../../storage/index";
import type { ScanPage, ValueHeader } from "../../storage/index";
import { goStepped } from "../command";
import type { CommandContext, GoStepped } from "../command";
import { elementsOf } from "./string-values";

export interface KeyPlace {
  /** Physical. */
  readonly database: number;
  readonly key: ByteString;
}

/** What is copied in one turn. */
const TURN = { maxRows: 1000, maxBytes: 1024 * 1024 } as const;
/** What is copied in one step. */
const STEP = { maxRows: 500, maxBytes: 512 * 1024 } as const;

/** Whether a value has no rows beside its header. */
function isBare(header: ValueHeader): boolean {
  return header.encoding === ValueEncoding.inline;
}

/** Copies in this turn, and answers with the header of the copy, which is still to be put. */
export function copyAtOnce(
  session: Session,
  from: KeyPlace,
  source: ValueHeader,
  to: KeyPlace,
): ValueHeader | NotReady | GoStepped {
  if (isBare(source)) return { ...fieldsOf(source), ...session.newVersion() };
  const { chunked } = ValueEncoding;
  if (source.length > (source.encoding === chunked ? TURN.maxBytes : TURN.maxRows)) return goStepped;
  const prefix = elementsOf(from.database, from.key, source);
  const rows = session.scan(prefix, prefixEnd(prefix)!, TURN);
  if (rows === notReady) return notReady;
  if (rows.next !== undefined) return goStepped;
  const copy = { ...fieldsOf(source), ...session.newVersion() };
  const target = elementsOf(to.database, to.key, copy);
  rows.keys.forEach((row, i) => session.put(target + row.slice(prefix.length), rows.values[i]!));
  return copy;
}

/**
 * The same in steps. Nothing may have been put before it in this evaluation. The rows come from a pinned view, of what was
 * evaluated before (nothing else is evaluated until it ends); within a transaction from one that shows its effects.
 */
export function* copyInSteps(
  context: CommandContext,
  from: KeyPlace,
  source: ValueHeader,
  to: KeyPlace,
): Generator<StepRequest, ValueHeader, void> {
  const { session, connection } = context;
  const copy = { ...fieldsOf(source), ...session.newVersion() };
  if (isBare(source)) return copy;
  const prefix = elementsOf(from.database, from.key, source);
  const upper = prefixEnd(prefix)!;
  const target = elementsOf(to.database, to.key, copy);
  const view = yield* answerOf<ReadView | undefined>((done) => connection.pinView(done));
  assert(view !== undefined, "an evaluation whose leadership is lost takes no further step");
  try {
    let lower: ByteString | undefined = prefix;
    while (lower !== undefined) {
      const begin: ByteString = lower;
      const page = yield* answerOf<ScanPage>((done) => view.scan(begin, upper, STEP, done));
      page.keys.forEach((row, i) => session.put(target + row.slice(prefix.length), page.values[i]!));
      const last: ByteString | undefined = page.keys[page.keys.length - 1];
      lower = page.done || last === undefined ? undefined : last + "\0";
      yield "stage";
    }
  } finally {
    view.release();
  }
  return copy;
}

/** Waits for what is answered later. */
function* answerOf<T>(ask: (done: (answer: T) => void) => void): Generator<StepRequest, T, void> {
  let answer: { readonly value: T } | undefined;
  yield (resume) =>
    ask((value) => {
      answer = { value };
      resume();
    });
  assert(answer !== undefined, "a step goes on when it is answered");
  return answer.value;
}

function fieldsOf(header: ValueHeader): Omit<ValueHeader, "versionMs" | "versionCounter"> {
  const { type, encoding, expiryMs, length, rest } = header;
  return { type, encoding, expiryMs, length, rest };
}
