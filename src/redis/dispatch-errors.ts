// Errors of the dispatcher, in Redis's words where Redis has them. A retryable code says that the command was certainly
// not proposed; UNKNOWN says that nobody can tell.
import type { ByteString } from "../base/index";
import type { Arguments } from "../resp/index";

export const ERR_NOT_PROPOSED =
  "TRYAGAIN This node does not lead the key's group at the moment; the command was not run, send it again";
export const ERR_UNKNOWN_OUTCOME =
  "UNKNOWN outcome unknown: leadership or the disk was lost before the command was committed; it may or may not take effect, read before you repeat it";
export const ERR_LEADER_LOST =
  "UNKNOWN outcome unknown: the command was sent to the node that leads, and no answer came; it may or may not take effect, read before you repeat it";
export const ERR_FORWARD_CHANGES_CLIENT =
  "ERR A transaction that subscribes or changes its client cannot be taken to the node that leads; nothing was changed. Send it to that node";
export const ERR_TOO_LARGE =
  "ERR The effects of this command exceed a limit (one value 16 MiB, all of them 1 GiB); nothing was changed. Split it into smaller commands";
export const ERR_MAX_CLIENTS = "ERR max number of clients reached";

export const ERR_DENIED =
  "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.";

/** Bytes of the words that an unknown command's error repeats. */
const ECHO_MAX_BYTES = 128;

export function unknownCommand(args: Arguments): string {
  let words = "";
  for (let i = 1; i < args.count && words.length < ECHO_MAX_BYTES; i++) {
    words += `'${shown(beginningOf(args, i), ECHO_MAX_BYTES - words.length)}' `;
  }
  const name = shown(beginningOf(args, 0));
  return oneLine(`ERR unknown command '${name}', with args beginning with: ${words}`);
}

/** As much of a word as an error may repeat; the whole may be longer than any text. */
function beginningOf(args: Arguments, index: number): ByteString {
  const start = args.start(index);
  return args.buffer.toString("latin1", start, Math.min(args.end(index), start + ECHO_MAX_BYTES));
}

/** What an error repeats of a client's word: like Redis, which prints C strings, up to a zero byte. */
export function shown(word: ByteString, maxBytes = ECHO_MAX_BYTES): ByteString {
  const zero = word.indexOf("\0");
  return word.slice(0, zero < 0 ? maxBytes : Math.min(zero, maxBytes));
}

/**
 * Whether a command is the beginning of an HTTP request: a page in a browser can make one with a body full of commands.
 * Redis ends such a connection without a word, and so do we.
 */
export function speaksHttp(args: Arguments): boolean {
  return args.isWord(0, "POST") || args.isWord(0, "HOST:");
}

export function wrongArity(name: string): string {
  return `ERR wrong number of arguments for '${name}' command`;
}

/** An error reply is one line: Redis turns line breaks into spaces. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}
