// Passwords, protected mode and what a client may do before it has given one; RESET; ACL's view of the one user.
import { ConnectionNode } from "./connection-node";
import { TestSocket } from "./connection-node";

const NOAUTH = "-NOAUTH Authentication required.";
const WRONGPASS = "-WRONGPASS invalid username-password pair or user is disabled.";
const password = { limits: { password: "pw" } };

test("before authentication only the commands run that are for it", () => {
  const node = new ConnectionNode(password);
  expect(node.ask("PING", "GET", "NOSUCH", "CLIENT ID", "SUBSCRIBE c", "MULTI", "GET a")).toEqual([
    NOAUTH,
    "-ERR wrong number of arguments for 'get' command",
    expect.stringMatching(/^-ERR unknown command 'NOSUCH'/),
    NOAUTH,
    NOAUTH,
    NOAUTH,
    NOAUTH,
  ]);
  expect(node.ask("RESET", "QUIT")).toEqual(["RESET", "OK"]);
});

test("AUTH in both forms", () => {
  const node = new ConnectionNode(password);
  expect(node.ask("AUTH bad", "AUTH default bad", "AUTH nobody pw", "AUTH a b c", "AUTH pw", "PING")).toEqual(
    [WRONGPASS, WRONGPASS, WRONGPASS, "-ERR syntax error", "OK", "PONG"],
  );
  expect(node.ask("AUTH default pw", "AUTH bad", "PING", "RESET", "PING")).toEqual([
    "OK",
    WRONGPASS,
    "PONG",
    "RESET",
    NOAUTH,
  ]);
});

test("without a password", () => {
  expect(new ConnectionNode().ask("AUTH pw", "AUTH default pw", "AUTH nobody pw", "PING")).toEqual([
    "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
    "OK",
    WRONGPASS,
    "PONG",
  ]);
});

test("HELLO authenticates, or says that somebody must", () => {
  const node = new ConnectionNode(password);
  const answers = node.ask(
    "HELLO 3",
    "HELLO 3 AUTH default bad",
    "HELLO 2 AUTH default pw SETNAME me",
    "CLIENT GETNAME",
  );
  expect(answers).toEqual([
    "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    WRONGPASS,
    expect.arrayContaining(["server", "redis"]),
    "me",
  ]);
});

test("a client that has not authenticated may not send much", () => {
  const node = new ConnectionNode(password);
  const many = node.client();
  many.sendBytes(Buffer.from("*11\r\n"));
  expect(many.replies()).toEqual(["-ERR Protocol error: unauthenticated multibulk length"]);
  const long = node.client();
  long.sendBytes(Buffer.from("*2\r\n$4\r\nECHO\r\n$16385\r\n"));
  expect(long.replies()).toEqual(["-ERR Protocol error: unauthenticated bulk length"]);
  const known = node.client();
  known.send("AUTH pw", `ECHO ${"x".repeat(20_000)}`);
  expect(known.replies()).toHaveLength(2);
});

test("a password that is set later is asked of those who come later, one that is taken away of nobody", () => {
  const node = new ConnectionNode();
  const early = node.client();
  node.limits.password = "pw";
  const late = node.client();
  early.send("PING");
  late.send("PING");
  expect([...early.replies(), ...late.replies()]).toEqual(["PONG", NOAUTH]);
  node.limits.password = "";
  late.send("PING", `ECHO ${"x".repeat(20_000)}`);
  expect(late.replies()).toHaveLength(2);
});

test("EXEC that is refused takes its transaction with it", () => {
  const node = new ConnectionNode();
  expect(node.ask("MULTI", "EXEC now", "EXEC")).toEqual([
    "OK",
    "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
    "-ERR EXEC without MULTI",
  ]);
  expect(new ConnectionNode(password).ask("EXEC")).toEqual([
    "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.",
  ]);
});

describe("protected mode", () => {
  function comesFrom(node: ConnectionNode, remoteAddress: string): TestSocket {
    const socket = new TestSocket(node.pool);
    Object.defineProperty(socket, "remoteAddress", { value: remoteAddress });
    node.server.accept(socket);
    return socket;
  }

  test.each([
    ["192.168.1.7:5000", true],
    ["[fe80::1]:5000", true],
    ["[::ffff:10.0.0.1]:5000", true],
    ["127.0.0.1:5000", false],
    ["127.3.2.1:5000", false],
    ["[::1]:5000", false],
    ["[::ffff:127.0.0.1]:5000", false],
  ])("%s", (address, isRefused) => {
    const node = new ConnectionNode();
    const socket = comesFrom(node, address);
    expect(socket.ended).toBe(isRefused);
    expect(Buffer.concat(socket.received).toString()).toMatch(
      isRefused ? /^-DENIED Redis is running in protected mode because .* from the outside\.\r\n$/ : /^$/,
    );
  });

  test("is off where it is turned off or there is a password", () => {
    expect(comesFrom(new ConnectionNode(password), "192.168.1.7:5000").ended).toBe(false);
    const node = new ConnectionNode({ limits: { protectedMode: false } });
    expect(comesFrom(node, "192.168.1.7:5000").ended).toBe(false);
  });
});

test("RESET makes a connection new", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send(
    "HELLO 3",
    "SELECT 4",
    "CLIENT SETNAME me",
    "WATCH a",
    "SUBSCRIBE c",
    "MONITOR",
    "MULTI",
    "RESET",
  );
  client.replies();
  client.send("CLIENT GETNAME", "CLIENT INFO", "GET a");
  node.settle();
  expect(client.replies()).toEqual([
    null,
    expect.stringMatching(/ flags=N db=0 sub=0 .* multi=-1 watch=0 .* resp=2 /),
    null,
  ]);
  expect(node.server.monitors.isEmpty).toBe(true);
});

test("ACL says what there is: one user who may do everything", () => {
  const node = new ConnectionNode();
  expect(node.ask("ACL WHOAMI", "ACL USERS", "ACL LIST", "ACL CAT nosuch", "ACL CAT pubsub")).toEqual([
    "default",
    ["default"],
    ["user default on nopass ~* &* +@all"],
    "-ERR Unknown category 'nosuch'",
    expect.arrayContaining(["publish", "pubsub|channels"]),
  ]);
  expect(new ConnectionNode(password).ask("AUTH pw", "ACL LIST")[1]).toEqual([
    "user default on #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 ~* &* +@all",
  ]);
});
