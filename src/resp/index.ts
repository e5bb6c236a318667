// The door of resp/: the parser of commands, the writer of replies, and a client's side of both.
export { Arguments } from "./arguments";
export { CommandParser, ParseStatus } from "./command-parser";
export { encodeCommand } from "./command-encoder";
export { floatOf, formatFloat } from "./float-text";
export { bigIntegerOf, safeIntegerOf } from "./integer-text";
export { DEFAULT_LIMITS } from "./limits";
export type { ParserLimits } from "./limits";
export { OutputBlock, OutputBlockPool } from "./output-blocks";
export { ReplyParser } from "./reply-parser";
export type { ReplyParserOptions } from "./reply-parser";
export { PushReply, ReplyError, TypedReply } from "./reply-values";
export type { Reply } from "./reply-values";
export { ReplyCounter } from "./reply-counter";
export { ReplyWriter } from "./reply-writer";
