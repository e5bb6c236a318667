// A real server over each socket layer, where the layer shows: a client that ends its side first, as `printf … | nc -N` does,
// large values both ways, a client that reads slowly, and a stop while connections are open.
import { connect } from "node:net";
import { once } from "node:events";
import { encodeCommand } from "../../src/resp/index";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";
import { RawConnection } from "./support/raw-connection";
import { RedisClient } from "./support/redis-client";

const MIB = 1024 * 1024;

/** Sends everything, then the end, and answers all that came until the server ended. */
async function sendAndEnd(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  socket.setEncoding("latin1").on("data", (text: string) => (received += text));
  socket.end(bytes);
  await once(socket, "close");
  return received;
}

describe.each(["native", "epoll", "net"])("--socket-layer %s", (layer) => {
  const directory = temporaryDirectory(`sockets-${layer}`);
  let basalt: BasaltProcess;

  beforeAll(async () => {
    basalt = await BasaltProcess.start({ directory: directory.path, flags: ["--socket-layer", layer] });
  });

  afterAll(async () => {
    await basalt.kill();
    directory.remove();
  });

  test("is what the server says it runs on", async () => {
    const client = await RedisClient.connect(basalt.redisPort);
    expect(await client.send("CONFIG", "GET", "socket-layer")).toEqual(["socket-layer", layer]);
    await client.close();
  });

  test("answers a client that has ended its side, also what waits for the disk", async () => {
    expect(await sendAndEnd(basalt.redisPort, "PING\r\n")).toBe("+PONG\r\n");
    expect(await sendAndEnd(basalt.redisPort, "SET half closed\r\nGET half\r\nINCR n\r\n")).toBe(
      "+OK\r\n$6\r\nclosed\r\n:1\r\n",
    );
    expect(await sendAndEnd(basalt.redisPort, "PING\r\nGET ha")).toBe("+PONG\r\n");
    expect(await sendAndEnd(basalt.redisPort, "")).toBe("");
  });

  test("carries large values both ways, also to a client that reads late", async () => {
    const value = Buffer.alloc(8 * MIB, "0123456789abcdef").toString("latin1");
    const client = await RedisClient.connect(basalt.redisPort);
    expect(await client.send("SET", "large", value)).toBe("OK");
    expect(await client.send("GET", "large")).toBe(value);
    const slow = await RawConnection.open(basalt.redisPort);
    slow.stopReading();
    for (let i = 0; i < 6; i++) slow.send(encodeCommand(["GET", "large"]));
    slow.send(encodeCommand(["PING"]));
    expect(await client.send("PING")).toBe("PONG");
    const reply = `$${value.length}\r\n${value}\r\n`;
    slow.goOnReading();
    await slow.until((received) => received.length >= 6 * reply.length + 7);
    expect(slow.received === reply.repeat(6) + "+PONG\r\n").toBe(true);
    slow.close();
    await client.close();
  });

  test("stops with connections open, idle and behind", async () => {
    const idle = await RawConnection.open(basalt.redisPort);
    const behind = await RawConnection.open(basalt.redisPort);
    behind.stopReading();
    for (let i = 0; i < 20; i++) behind.send(encodeCommand(["GET", "large"]));
    const stopped = basalt.stop();
    await idle.until(() => false);
    expect((await stopped).code).toBe(0);
    behind.close();
  });
});
