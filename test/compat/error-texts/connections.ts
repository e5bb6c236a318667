// Errors of the protocol, of connections and of what they do to one another.
import type { ErrorText } from "./error-text";
import { NOT_INTEGER, SYNTAX, TIMEOUT_NOT_INTEGER, each, wrongWords } from "./error-text";

const NO_AUTHENTICATION = "NOAUTH Authentication required.";
const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
const NAME = "ERR Client names cannot contain spaces, newlines or special characters.";
const LOCKED = { setting: ["requirepass", "secret"] } as const;
const QUERY_LIMIT = { setting: ["client-query-buffer-limit", "1048576"] } as const;

const PROTOCOL: readonly ErrorText[] = [
  ...each("ERR unknown command 'NOSUCH', with args beginning with: ", "NOSUCH"),
  ...each("ERR unknown command 'no  such', with args beginning with: 'a' 'b c' ", '"no\\r\\nsuch" a "b\\nc"'),
  { request: { bytes: "*x\r\n" }, text: "ERR Protocol error: invalid multibulk length" },
  { request: { bytes: "*1\r\n:1\r\n" }, text: "ERR Protocol error: expected '$', got ':'" },
  { request: { bytes: "*1\r\n$x\r\n" }, text: "ERR Protocol error: invalid bulk length" },
  { request: { bytes: 'GET "x\r\n' }, text: "ERR Protocol error: unbalanced quotes in request" },
  { request: { bytes: "x".repeat(70_000) }, text: "ERR Protocol error: too big inline request" },
  { request: { bytes: `*${"1".repeat(70_000)}` }, text: "ERR Protocol error: too big mbulk count string" },
  {
    request: { bytes: `*1\r\n$${"1".repeat(70_000)}` },
    text: "ERR Protocol error: too big bulk count string",
  },
  {
    request: { bytes: "*11\r\n" },
    text: "ERR Protocol error: unauthenticated multibulk length",
    ...LOCKED,
  },
  {
    request: { bytes: "*1\r\n$16385\r\n" },
    text: "ERR Protocol error: unauthenticated bulk length",
    ...LOCKED,
  },
  {
    request: ["SET", "s", "x".repeat(2 * 1024 * 1024)],
    text: "ERR Protocol error: query exceeds the limit of the query buffer",
    difference: "query-limit",
    ...QUERY_LIMIT,
  },
];

const ACCESS: readonly ErrorText[] = [
  { request: "GET s", text: NO_AUTHENTICATION, ...LOCKED },
  { request: "AUTH wrong", text: WRONG_PASSWORD, ...LOCKED },
  { request: "AUTH nobody secret", text: WRONG_PASSWORD, ...LOCKED },
  { request: "HELLO 2 AUTH default wrong", text: WRONG_PASSWORD, ...LOCKED },
  ...each(WRONG_PASSWORD, "AUTH nobody x", "HELLO 3 AUTH nobody x"),
  {
    request: "HELLO 3",
    text: "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    difference: "hello-not-authenticated",
    redisText:
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    ...LOCKED,
  },
  ...each(
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
    "AUTH x",
  ),
  ...each(SYNTAX, "AUTH a b c"),
  ...each("ERR Protocol version is not an integer or out of range", "HELLO x", "HELLO 9223372036854775808"),
  ...each("NOPROTO unsupported protocol version", "HELLO 1", "HELLO 4"),
  ...each("ERR Syntax error in HELLO option 'FOO'", "HELLO 2 FOO"),
  ...each("ERR Syntax error in HELLO option 'AUTH'", "HELLO 2 AUTH default"),
  ...each("ERR Syntax error in HELLO option 'SETNAME'", "HELLO 2 SETNAME"),
  ...each(NAME, 'HELLO 2 SETNAME "two words"', 'CLIENT SETNAME "two words"', 'CLIENT SETNAME "a\\nb"'),
  {
    request: { bytes: "" },
    text: "ERR max number of clients reached",
    setting: ["maxclients", "1"],
  },
  ...each("ERR Unknown category 'foo'", "ACL CAT foo"),
  ...each("ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.", "ACL CAT a b"),
  ...each("ERR unknown subcommand 'FOO'. Try ACL HELP.", "ACL FOO"),
];

const CLIENTS: readonly ErrorText[] = [
  ...each("ERR unknown subcommand 'FOO'. Try CLIENT HELP.", "CLIENT FOO"),
  ...each("ERR No such client", "CLIENT KILL 1.2.3.4:5"),
  ...each("ERR client-id should be greater than 0", "CLIENT KILL ID 0", "CLIENT KILL ID x"),
  ...each("ERR Unknown client type 'foo'", "CLIENT KILL TYPE foo", "CLIENT LIST TYPE foo"),
  ...each("ERR No such user 'nobody'", "CLIENT KILL USER nobody"),
  ...each(SYNTAX, "CLIENT KILL ID 1 FOO", "CLIENT KILL FOO x", "CLIENT KILL SKIPME maybe"),
  ...each("ERR Invalid client ID", "CLIENT LIST ID x", "CLIENT LIST ID 1 x"),
  ...each(SYNTAX, "CLIENT LIST FOO", "CLIENT LIST TYPE", "CLIENT LIST ID", "CLIENT LIST TYPE normal x"),
  ...each(TIMEOUT_NOT_INTEGER, "CLIENT PAUSE x"),
  ...each("ERR timeout is negative", "CLIENT PAUSE -1"),
  ...each("ERR CLIENT PAUSE mode must be WRITE or ALL", "CLIENT PAUSE 1 FOO", "CLIENT PAUSE x FOO"),
  ...each(
    "ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.",
    "CLIENT PAUSE 1 ALL x",
  ),
  ...each(SYNTAX, "CLIENT REPLY FOO", "CLIENT NO-EVICT FOO"),
  {
    request: "CLIENT NO-TOUCH FOO",
    text: SYNTAX,
    difference: "client-no-touch",
    redisText: "ERR unknown subcommand 'NO-TOUCH'. Try CLIENT HELP.",
  },
  {
    request: "CLIENT SETINFO FOO x",
    text: "ERR Unrecognized option 'FOO'",
    difference: "client-setinfo",
    redisText: "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.",
  },
  {
    request: 'CLIENT SETINFO LIB-NAME "two words"',
    text: "ERR LIB-NAME cannot contain spaces, newlines or special characters.",
    difference: "client-setinfo",
    redisText: "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.",
  },
  ...each(
    "ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
    "CLIENT UNBLOCK 1 ERROR x",
  ),
  ...each("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR", "CLIENT UNBLOCK 1 FOO"),
  ...each(NOT_INTEGER, "CLIENT UNBLOCK x"),
  ...each(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    "CLIENT CACHING YES",
    "CLIENT CACHING FOO",
  ),
  ...each(SYNTAX, "CLIENT TRACKING FOO", "CLIENT TRACKING OFF FOO", "CLIENT TRACKING ON PREFIX"),
  ...each(NOT_INTEGER, "CLIENT TRACKING ON REDIRECT x"),
  ...each("ERR The client ID you want redirect to does not exist", "CLIENT TRACKING ON REDIRECT 1000000"),
  ...each(
    "ERR A client can only redirect to a single other client",
    "CLIENT TRACKING ON REDIRECT ADMIN REDIRECT 1",
  ),
  ...each(
    "ERR Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client must not overlap.",
    "CLIENT TRACKING ON BCAST PREFIX b PREFIX a PREFIX ab",
  ),
  ...each(
    "ERR Prefix 'ab' overlaps with another provided prefix 'a'. Prefixes for a single client must not overlap.",
    "CLIENT TRACKING ON BCAST PREFIX ab PREFIX a",
  ),
  ...each("ERR PREFIX option requires BCAST mode to be enabled", "CLIENT TRACKING ON PREFIX a"),
  ...each("ERR OPTIN and OPTOUT are not compatible with BCAST", "CLIENT TRACKING ON BCAST OPTIN"),
  ...each("ERR You can't specify both OPTIN mode and OPTOUT mode", "CLIENT TRACKING ON OPTIN OPTOUT"),
  {
    request: "CLIENT TRACKING ON",
    text: "ERR CLIENT TRACKING is not supported: this server does not tell clients what to drop from their caches",
    difference: "client-tracking",
  },
];

const CHANNELS: readonly ErrorText[] = [
  {
    request: "GET s",
    text: "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    before: ["SUBSCRIBE c"],
  },
  {
    request: "CONFIG GET x",
    text: "ERR Can't execute 'config|get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    before: ["SUBSCRIBE c"],
  },
  { request: "GET s", text: "ERR Replica can't interact with the keyspace", before: ["MONITOR"] },
  ...each(wrongWords("ping"), "PING a b"),
  ...each(
    "ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.",
    "PUBSUB CHANNELS a b",
  ),
  ...each(
    "ERR unknown subcommand or wrong number of arguments for 'SHARDCHANNELS'. Try PUBSUB HELP.",
    "PUBSUB SHARDCHANNELS a b",
  ),
  ...each("ERR unknown subcommand 'FOO'. Try PUBSUB HELP.", "PUBSUB FOO"),
  {
    request: ["SUBSCRIBE", "x".repeat(65_537)],
    text: "ERR a channel or a pattern is longer than 65536 bytes",
    difference: "channel-length",
  },
];

export const CONNECTION_ERRORS: readonly ErrorText[] = [...PROTOCOL, ...ACCESS, ...CLIENTS, ...CHANNELS];
