// Quotes bytes as Go's %q does: printable UTF-8 as it is, the usual escapes, \x for bytes that are no UTF-8, \u for
// characters that do not print.

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x0b, "\\v"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

export function goQuote(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    if (character === null) {
      text += `\\x${hexadecimal(bytes[at]!, 2)}`;
      at++;
      continue;
    }
    text += quoteCharacter(character);
    at += Buffer.byteLength(character);
  }
  return `"${text}"`;
}

/** The character that begins at `at`, or null if the bytes there are no UTF-8. */
function characterAt(bytes: Uint8Array, at: number): string | null {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    const text = decode(bytes.subarray(at, at + length));
    if (text !== null) return text;
  }
  return null;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function quoteCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  const escape = ESCAPES.get(code);
  if (escape !== undefined) return escape;
  if (code === 0x20 || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
  if (code < 0x80) return `\\x${hexadecimal(code, 2)}`;
  return code < 0x10000 ? `\\u${hexadecimal(code, 4)}` : `\\U${hexadecimal(code, 8)}`;
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
