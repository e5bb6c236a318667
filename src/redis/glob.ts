// Redis's glob patterns, with its quirks: `*`, `?`, `[a-z]`, `[^a]`, backslash escapes, a class that is never closed.
// Matching goes back to the last star only, which is enough for such patterns, so time is bounded by the product of
// the two lengths whatever the pattern. Pure.
import type { ByteString } from "../base/index";

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BACKSLASH = 0x5c;
const CARET = 0x5e;
const HYPHEN = 0x2d;

function lower(char: number): number {
  return char >= 0x41 && char <= 0x5a ? char + 0x20 : char;
}

/** Ranges compare bytes as Redis on x86 does: as signed numbers. */
function signed(char: number): number {
  return char < 0x80 ? char : char - 0x100;
}

export class Glob {
  private readonly pattern: ByteString;
  private readonly ignoresCase: boolean;
  /** The pattern is "*": everything matches. */
  readonly matchesAll: boolean;
  /** Where in the pattern the token that was matched last ends. */
  private tokenEnd = 0;

  constructor(pattern: ByteString, ignoresCase = false) {
    this.pattern = pattern;
    this.ignoresCase = ignoresCase;
    this.matchesAll = pattern === "*";
  }

  matches(text: ByteString): boolean {
    if (this.matchesAll) return true;
    const { pattern } = this;
    // Redis looks at the pattern only while there is text: even "**" does not match an empty one.
    if (text.length === 0) return pattern.length === 0;
    let at = 0;
    let place = 0;
    let starAt = -1;
    let starPlace = 0;
    while (place < text.length) {
      if (at < pattern.length && pattern.charCodeAt(at) === STAR) {
        starAt = ++at;
        starPlace = place;
      } else if (at < pattern.length && this.matchesToken(at, text.charCodeAt(place))) {
        at = this.tokenEnd;
        place++;
      } else if (starAt >= 0) {
        at = starAt;
        place = ++starPlace;
      } else {
        return false;
      }
    }
    while (at < pattern.length && pattern.charCodeAt(at) === STAR) at++;
    return at === pattern.length;
  }

  /** Whether the token at `at`, which is no star, matches one char. */
  private matchesToken(at: number, char: number): boolean {
    const { pattern } = this;
    const code = pattern.charCodeAt(at);
    if (code === OPEN) return this.matchesClass(at + 1, char);
    this.tokenEnd = at + 1;
    if (code === QUESTION) return true;
    if (code === BACKSLASH && at + 1 < pattern.length) {
      this.tokenEnd = at + 2;
      return this.same(pattern.charCodeAt(at + 1), char);
    }
    return this.same(code, char);
  }

  private matchesClass(start: number, char: number): boolean {
    const { pattern } = this;
    let at = start;
    const negated = pattern.charCodeAt(at) === CARET;
    if (negated) at++;
    let found = false;
    for (;;) {
      const left = pattern.length - at;
      const code = pattern.charCodeAt(at);
      if (left >= 2 && code === BACKSLASH) {
        // An escaped char is compared as it stands, also where case is ignored.
        if (pattern.charCodeAt(at + 1) === char) found = true;
        at += 2;
      } else if (code === CLOSE) {
        at++;
        break;
      } else if (left <= 0) {
        break;
      } else if (left >= 3 && pattern.charCodeAt(at + 1) === HYPHEN) {
        if (this.within(code, pattern.charCodeAt(at + 2), char)) found = true;
        at += 3;
      } else {
        if (this.same(code, char)) found = true;
        at++;
      }
    }
    this.tokenEnd = at;
    return found !== negated;
  }

  private same(a: number, b: number): boolean {
    return this.ignoresCase ? lower(a) === lower(b) : a === b;
  }

  private within(a: number, b: number, char: number): boolean {
    let low = Math.min(signed(a), signed(b));
    let high = Math.max(signed(a), signed(b));
    char = signed(char);
    if (this.ignoresCase) {
      low = lower(low);
      high = lower(high);
      char = lower(char);
    }
    return char >= low && char <= high;
  }
}
