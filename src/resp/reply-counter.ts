// Counts complete replies without looking into them, for load generators: no allocation, no copy, chunks are not kept.
// An aggregate is followed by one number, the elements still outstanding, since nesting does not matter to a count.
// Errors at the top level are counted apart and the first one's text is kept. Single thread.
import { BasaltError } from "../base/index";
import {
  ASTERISK,
  BAR,
  COLON,
  COMMA,
  DIGIT_0,
  DOLLAR,
  EQUALS,
  EXCLAMATION,
  GREATER,
  HASH,
  LEFT_PARENTHESIS,
  LINE_FEED,
  MINUS,
  PERCENT,
  PLUS,
  TILDE,
  UNDERSCORE,
} from "./ascii";

const enum Mode {
  /** At a type byte. */
  type,
  /** In a line that is passed over. */
  line,
  /** In a line that holds a length. */
  length,
  /** In the bytes of a bulk. */
  body,
}

export class ReplyCounter {
  /** Complete replies so far, errors included, out-of-band pushes not. */
  replies = 0;
  /** Replies that were errors. */
  errors = 0;
  /** The text of the first error, without its type byte. */
  firstError = "";

  private mode = Mode.type;
  private type = 0;
  private topType = 0;
  private outstanding = 0;
  private value = 0;
  private negative = false;

  /** Goes over a chunk and returns how many replies it completed. */
  push(chunk: Buffer): number {
    const before = this.replies;
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      switch (this.mode) {
        case Mode.type:
          this.begin(chunk[at++]!);
          break;
        case Mode.line: {
          const from = at;
          while (at < end && chunk[at] !== LINE_FEED) at++;
          if (this.topType === MINUS && this.errors === 0)
            this.firstError += chunk.toString("latin1", from, at);
          if (at === end) break;
          at++;
          this.complete(1);
          break;
        }
        case Mode.length: {
          const byte = chunk[at++]!;
          if (byte >= DIGIT_0 && byte <= DIGIT_0 + 9) this.value = this.value * 10 + (byte - DIGIT_0);
          else if (byte === MINUS) this.negative = true;
          else if (byte === LINE_FEED) this.measure();
          break;
        }
        case Mode.body: {
          const step = Math.min(this.value, end - at);
          at += step;
          this.value -= step;
          if (this.value === 0) this.complete(1);
          break;
        }
      }
    }
    return this.replies - before;
  }

  private begin(type: number): void {
    if (this.outstanding === 0) {
      this.outstanding = 1;
      this.topType = type;
    }
    this.type = type;
    switch (type) {
      case PLUS:
      case MINUS:
      case COLON:
      case COMMA:
      case HASH:
      case LEFT_PARENTHESIS:
      case UNDERSCORE:
        this.mode = Mode.line;
        return;
      case DOLLAR:
      case EXCLAMATION:
      case EQUALS:
      case ASTERISK:
      case PERCENT:
      case TILDE:
      case GREATER:
      case BAR:
        this.mode = Mode.length;
        this.value = 0;
        this.negative = false;
        return;
      default:
        throw new BasaltError(
          "BAD_REPLY",
          `The server sent bytes that are not RESP: a reply begins with ${type}.`,
        );
    }
  }

  /** At the end of a length's line. */
  private measure(): void {
    if (this.negative) {
      this.complete(1);
      return;
    }
    switch (this.type) {
      case DOLLAR:
      case EXCLAMATION:
      case EQUALS:
        this.value += 2;
        this.mode = Mode.body;
        return;
      case BAR:
        // Pairs before the reply they belong to, which is still to come.
        this.complete(-2 * this.value);
        return;
      case PERCENT:
        this.complete(1 - 2 * this.value);
        return;
      default:
        this.complete(1 - this.value);
    }
  }

  /** Takes `elements` off what is outstanding; a negative number adds. */
  private complete(elements: number): void {
    this.mode = Mode.type;
    this.outstanding -= elements;
    if (this.outstanding > 0 || this.topType === GREATER) return;
    this.replies++;
    if (this.topType === MINUS || this.topType === EXCLAMATION) {
      if (this.errors === 0) this.firstError = this.firstError.trimEnd();
      this.errors++;
    }
  }
}
