// A client that has sent its last byte and still reads: what it asked is answered before its connection ends.
import { ConnectionNode, heldCommand } from "./connection-node";

test("it ends at once when nothing is owed", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send("PING");
  client.endInput();
  expect(client.replies()).toEqual(["PONG"]);
  expect(client.socket.ended).toBe(true);
});

test("a write is answered when it is committed, then the connection ends", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send("SET a 1", "GET a");
  client.endInput();
  node.propose();
  expect(client.text()).toBe("");
  expect(client.socket.ended).toBe(false);
  node.commitAll();
  expect(client.replies()).toEqual(["OK", "1"]);
  expect(client.socket.ended).toBe(true);
});

test("commands that wait behind one in slices are run", () => {
  const held = heldCommand("held");
  const node = new ConnectionNode({ commands: [held.spec] });
  const client = node.client();
  client.send("HELD", "PING", "ECHO x");
  client.endInput();
  expect(client.socket.ended).toBe(false);
  held.ends[0]!("+done\r\n");
  expect(client.replies()).toEqual(["done", "PONG", "x"]);
  expect(client.socket.ended).toBe(true);
});

test("half a command is nothing", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.sendBytes(Buffer.from("*2\r\n$4\r\nECHO\r\n$5\r\nab"));
  client.endInput();
  expect(client.text()).toBe("");
  expect(client.socket.ended).toBe(true);
});
