// Splitting of an inline request ("SET key 'a value'") into arguments, exactly as Redis's sdssplitargs does: double
// quotes with \xHH \n \r \t \b \a escapes, single quotes with \' only, a closing quote must end the argument. A line
// without quotes is not copied: its arguments are offsets into the bytes it came in.
import type { Arguments } from "./arguments";
import {
  BACKSLASH,
  BACKSPACE,
  BELL,
  CARRIAGE_RETURN,
  DOUBLE_QUOTE,
  FORM_FEED,
  LINE_FEED,
  LOWER_A,
  LOWER_B,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_X,
  SINGLE_QUOTE,
  SPACE,
  TAB,
  VERTICAL_TAB,
} from "./ascii";

/** Splits the line [from, to) of `line` into `args`, which begins empty. False: the quotes are unbalanced. */
export function splitInline(line: Buffer, from: number, to: number, args: Arguments): boolean {
  for (let at = from; at < to; at++) {
    const byte = line[at]!;
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) return splitQuoted(line, from, to, args);
  }
  args.buffer = line;
  let at = from;
  for (;;) {
    while (at < to && isSpace(line[at]!)) at++;
    if (at === to) return true;
    const start = at;
    while (at < to && !endsArgument(line[at]!)) at++;
    args.add(start, at);
  }
}

/** Unescapes into a buffer of its own; what is unescaped is never longer than what it was written as. */
function splitQuoted(line: Buffer, from: number, to: number, args: Arguments): boolean {
  const target = Buffer.allocUnsafeSlow(to - from);
  args.buffer = target;
  let written = 0;
  let at = from;
  for (;;) {
    while (at < to && isSpace(line[at]!)) at++;
    if (at === to) return true;
    const start = written;
    while (at < to && !endsArgument(line[at]!)) {
      const byte = line[at++]!;
      if (byte !== DOUBLE_QUOTE && byte !== SINGLE_QUOTE) {
        target[written++] = byte;
        continue;
      }
      // Everything up to the closing quote, which must be followed by a space or by the end.
      let closed = false;
      while (at < to && !closed) {
        const quoted = line[at++]!;
        if (quoted === byte) {
          if (at < to && !isSpace(line[at]!)) return false;
          closed = true;
        } else if (quoted !== BACKSLASH || at === to) {
          target[written++] = quoted;
        } else if (byte === SINGLE_QUOTE) {
          target[written++] = line[at] === SINGLE_QUOTE ? line[at++]! : BACKSLASH;
        } else {
          const hexadecimal =
            line[at] === LOWER_X && at + 2 < to ? hexByte(line[at + 1]!, line[at + 2]!) : -1;
          target[written++] = hexadecimal >= 0 ? hexadecimal : unescape(line[at]!);
          at += hexadecimal >= 0 ? 3 : 1;
        }
      }
      if (!closed) return false;
      break;
    }
    args.add(start, written);
  }
}

/** C's isspace: what may stand between arguments. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN);
}

/** What ends an argument outside quotes: a vertical tab and a form feed do not. */
function endsArgument(byte: number): boolean {
  return isSpace(byte) && byte !== VERTICAL_TAB && byte !== FORM_FEED;
}

function unescape(byte: number): number {
  switch (byte) {
    case LOWER_N:
      return LINE_FEED;
    case LOWER_R:
      return CARRIAGE_RETURN;
    case LOWER_T:
      return TAB;
    case LOWER_B:
      return BACKSPACE;
    case LOWER_A:
      return BELL;
    default:
      return byte;
  }
}

function hexByte(high: number, low: number): number {
  const upper = hexDigit(high);
  const lower = hexDigit(low);
  return upper < 0 || lower < 0 ? -1 : upper * 16 + lower;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
