// Both socket layers over real sockets of the loopback address: what a handler is told and when, in which order bytes go, and
// every way a connection can end.
import { Worker } from "node:worker_threads";
import { join } from "node:path";
import { SeededRandom } from "../../../src/base/index";
import type { SocketHandler } from "../../../src/redis/index";
import { OutputBlockPool } from "../../../src/resp/index";
import { RecordingServer, listenWith, turns, until } from "./recording-sockets";
import type { Behaviour, Client, RecordingHandler } from "./recording-sockets";

const KIB = 1024;
const MIB = 1024 * KIB;
const echo: Behaviour = { chunk: (handler, bytes) => handler.write(bytes) };

function randomBytes(random: SeededRandom, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = random.below(256);
  return bytes;
}

/** All that a server of the test has lent and opened has come back. */
async function closeAll(server: RecordingServer, clients: readonly Client[]): Promise<void> {
  const closed = server.close();
  for (const client of clients) client.socket.destroy();
  await closed;
  await until(() => server.handlers.every((handler) => handler.closedTimes > 0));
  expect(server.handlers.map((handler) => handler.closedTimes)).toEqual(server.handlers.map(() => 1));
  expect(server.pool.lentBytes).toBe(0);
}

describe.each(["native", "epoll", "net"] as const)("the socket layer %s", (layer) => {
  test("says who is connected to whom", async () => {
    const server = await RecordingServer.listen(layer);
    const client = await server.client();
    const { socket } = server.handlerOf(client);
    expect(socket.remoteAddress).toBe(`127.0.0.1${client.port}`);
    expect(socket.localAddress).toBe(`127.0.0.1:${server.port}`);
    expect(socket.fileDescriptor).toBeGreaterThan(2);
    expect(socket.bufferedBytes).toBe(0);
    await closeAll(server, [client]);
    expect(socket.fileDescriptor).toBe(-1);
  });

  test("brings and sends bytes in order, however they are cut", async () => {
    const random = new SeededRandom(11);
    const server = await RecordingServer.listen(layer, echo);
    const clients = [await server.client(), await server.client(), await server.client()];
    const sent = new Map<Client, Buffer[]>(clients.map((client) => [client, []]));
    for (let round = 0; round < 300; round++) {
      const client = clients[random.below(clients.length)]!;
      const bytes = randomBytes(random, 1 + random.below(random.below(20) === 0 ? 100_000 : 50));
      sent.get(client)!.push(bytes);
      client.socket.write(bytes);
      if (random.below(4) === 0) await turns(1);
    }
    for (const client of clients) {
      const all = Buffer.concat(sent.get(client)!);
      expect((await client.bytes(all.length)).equals(all)).toBe(true);
      // Also the chunks that a handler keeps are still what they were.
      expect(server.handlerOf(client).received.equals(all)).toBe(true);
    }
    await closeAll(server, clients);
  });

  test("keeps the order of small and large writes of one turn", async () => {
    const random = new SeededRandom(12);
    const server = await RecordingServer.listen(layer);
    const clients = [await server.client(), await server.client()];
    const handlers = clients.map((client) => server.handlerOf(client));
    const sent: Buffer[][] = [[], []];
    for (let turn = 0; turn < 30; turn++) {
      for (let write = 0; write < 20; write++) {
        const to = random.below(2);
        const bytes = randomBytes(random, 1 + random.below(random.below(5) === 0 ? 40 * KIB : 300));
        sent[to]!.push(bytes);
        handlers[to]!.write(bytes);
      }
      await turns(1);
    }
    for (const [at, client] of clients.entries()) {
      const all = Buffer.concat(sent[at]!);
      expect((await client.bytes(all.length)).equals(all)).toBe(true);
    }
    await closeAll(server, clients);
  });

  test("keeps what a slow reader does not take, says how much, and when it has gone", async () => {
    const server = await RecordingServer.listen(layer);
    const client = await server.client();
    const handler = server.handlerOf(client);
    client.socket.pause();
    await turns(2);
    const all = randomBytes(new SeededRandom(13), 16 * MIB);
    for (let at = 0; at < all.length; at += 128 * KIB) handler.write(all.subarray(at, at + 128 * KIB));
    handler.write("the end");
    await turns();
    const buffered = handler.socket.bufferedBytes;
    expect(buffered).toBeGreaterThan(MIB);
    expect(buffered).toBeLessThanOrEqual(all.length + 7);
    expect(handler.drainedTimes).toBe(0);
    client.socket.resume();
    await client.bytes(all.length + 7);
    await until(() => handler.drainedTimes > 0);
    expect(handler.drainedTimes).toBe(1);
    expect(handler.socket.bufferedBytes).toBe(0);
    expect(client.received.subarray(0, all.length).equals(all)).toBe(true);
    expect(client.received.subarray(all.length).toString()).toBe("the end");
    await closeAll(server, [client]);
  });

  test("does not read while it is paused, so that the sender has to stop", async () => {
    const server = await RecordingServer.listen(layer);
    const client = await server.client();
    const handler = server.handlerOf(client);
    handler.socket.pause();
    const all = randomBytes(new SeededRandom(14), 32 * MIB);
    client.socket.write(all);
    await turns(50);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(handler.receivedBytes).toBeLessThan(256 * KIB);
    handler.socket.resume();
    await until(() => handler.receivedBytes === all.length);
    expect(handler.received.equals(all)).toBe(true);
    await closeAll(server, [client]);
  });

  test("can be paused and resumed by its handler at each chunk", async () => {
    const server = await RecordingServer.listen(layer, {
      chunk: ({ socket }) => {
        socket.pause();
        setImmediate(() => socket.resume());
      },
    });
    const client = await server.client();
    const all = randomBytes(new SeededRandom(15), 4 * MIB);
    client.socket.write(all);
    await until(() => server.handlerOf(client).receivedBytes === all.length);
    expect(server.handlerOf(client).received.equals(all)).toBe(true);
    await closeAll(server, [client]);
  });

  describe("ends", () => {
    test("behind what is buffered, when the server ends", async () => {
      const server = await RecordingServer.listen(layer);
      const client = await server.client();
      const handler = server.handlerOf(client);
      client.socket.pause();
      await turns(2);
      const all = randomBytes(new SeededRandom(16), 8 * MIB);
      handler.write(all);
      handler.write("bye");
      handler.socket.end();
      handler.write("too late");
      await turns();
      expect(handler.closedTimes).toBe(0);
      client.socket.resume();
      await until(() => client.hasEnded);
      expect(client.receivedBytes).toBe(all.length + 3);
      client.socket.end();
      await until(() => handler.closedTimes === 1);
      await closeAll(server, [client]);
    });

    test("when the client ends, after what it had asked for was answered", async () => {
      const server = await RecordingServer.listen(layer, echo);
      const client = await server.client();
      client.socket.end("PING\r\n");
      await until(() => client.isClosed);
      expect(client.received.toString()).toBe("PING\r\n");
      await until(() => server.handlerOf(client).closedTimes === 1);
      await closeAll(server, [client]);
    });

    test("when a handler that knows of the client's end has answered, later", async () => {
      const server = await RecordingServer.listen(layer, { peerEnded: () => undefined });
      const client = await server.client();
      const handler = server.handlerOf(client);
      client.socket.end("question");
      await until(() => handler.peerEndedTimes === 1);
      await turns();
      expect(client.hasEnded).toBe(false);
      handler.write("answer");
      handler.socket.end();
      await until(() => client.isClosed);
      expect(client.received.toString()).toBe("answer");
      await until(() => handler.closedTimes === 1);
      expect(handler.peerEndedTimes).toBe(1);
      await closeAll(server, [client]);
    });

    test.each(["idle", "paused", "owing", "ended"])(
      "when the client resets it while it is %s",
      async (state) => {
        const server = await RecordingServer.listen(layer);
        const client = await server.client();
        const handler = server.handlerOf(client);
        if (state === "owing") {
          client.socket.pause();
          await turns(2);
          handler.write(Buffer.alloc(16 * MIB));
        }
        if (state === "paused") handler.socket.pause();
        if (state === "ended") handler.socket.end();
        await turns(3);
        client.socket.resetAndDestroy();
        // A paused stream of Node's reads, and so learns of the reset, only when it goes on.
        if (state === "paused" && layer === "net") handler.socket.resume();
        await until(() => handler.closedTimes === 1);
        handler.write("nobody is there");
        handler.socket.pause();
        handler.socket.resume();
        handler.socket.end();
        handler.socket.destroy();
        await turns(3);
        await closeAll(server, [client]);
      },
    );

    test("at once when it is destroyed, also by its own handler, which is told afterwards", async () => {
      const server = await RecordingServer.listen(layer, {
        chunk: (handler) => {
          handler.write("last words");
          handler.socket.destroy();
          handler.socket.destroy();
          expect(handler.closedTimes).toBe(0);
        },
      });
      const client = await server.client();
      client.socket.write("x");
      await until(() => client.isClosed || client.hasEnded);
      expect(client.received.toString()).toBe("last words");
      await until(() => server.handlerOf(client).closedTimes === 1);
      await closeAll(server, [client]);
    });

    test("by the handler of another connection in the same turn", async () => {
      const others: RecordingHandler[] = [];
      const server = await RecordingServer.listen(layer, {
        chunk: (handler) => {
          for (const other of others) if (other !== handler) other.socket.destroy();
        },
      });
      const clients = [await server.client(), await server.client(), await server.client()];
      others.push(...server.handlers);
      for (const client of clients) client.socket.write("x");
      await until(() => others.filter((handler) => handler.closedTimes === 1).length === 2);
      expect(others.filter((handler) => handler.receivedBytes === 1)).toHaveLength(1);
      await closeAll(server, clients);
    });

    test("ended and then destroyed", async () => {
      const server = await RecordingServer.listen(layer);
      const client = await server.client();
      const handler = server.handlerOf(client);
      handler.socket.end();
      await until(() => client.hasEnded);
      expect(handler.closedTimes).toBe(0);
      handler.socket.destroy();
      await until(() => handler.closedTimes === 1);
      await closeAll(server, [client]);
    });
  });

  test("serves a thousand connections at once, and those that come in their places", async () => {
    const server = await RecordingServer.listen(layer, echo);
    for (const round of [1, 2]) {
      const clients: Client[] = [];
      for (let i = 0; i < 1000; i++) clients.push(await server.client());
      for (const [i, client] of clients.entries()) client.socket.write(`round ${round}, client ${i}`);
      for (const [i, client] of clients.entries()) {
        const expected = `round ${round}, client ${i}`;
        expect((await client.bytes(expected.length)).toString()).toBe(expected);
      }
      for (const [i, client] of clients.entries()) {
        if (i % 3 === 0) client.socket.end();
        else if (i % 3 === 1) client.socket.resetAndDestroy();
        else server.handlerOf(client).socket.destroy();
      }
      await until(() => server.handlers.every((handler) => handler.closedTimes === 1));
      for (const client of clients) client.socket.destroy();
    }
    await closeAll(server, []);
  });

  test("stops listening at once, and has closed when the last connection is gone", async () => {
    const server = await RecordingServer.listen(layer, echo);
    const client = await server.client();
    let isClosed = false;
    const closed = server.close().then(() => (isClosed = true));
    client.socket.write("still here");
    expect((await client.bytes(10)).toString()).toBe("still here");
    expect(isClosed).toBe(false);
    await expect(server.client()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    client.socket.end();
    await closed;
  });

  const nobody = (): SocketHandler => ({
    chunk: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  });

  test("says why it cannot listen", async () => {
    const server = await RecordingServer.listen(layer);
    const { port } = server;
    const pool = new OutputBlockPool();
    await expect(listenWith(layer, "127.0.0.1", port, pool, nobody)).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      message: `Cannot listen on 127.0.0.1:${port}: another process listens there; stop it or choose another port.`,
    });
    await expect(listenWith(layer, "192.0.2.1", 6379, pool, nobody)).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      // Node's own errors are of another realm under Jest, and print a little longer.
      message: expect.stringMatching(
        /^Cannot listen on 192.0.2.1:6379: (Error: )?listen EADDRNOTAVAIL: address not available 192.0.2.1:6379; choose another address.$/,
      ),
    });
    await closeAll(server, []);
  });

  test("listens on a name", async () => {
    const listener = await listenWith(layer, "localhost", 0, new OutputBlockPool(), nobody);
    expect(listener.host).toBe("localhost");
    expect(listener.port).toBeGreaterThan(0);
    await listener.close();
  });
});

describe("the native layer", () => {
  test("brings a bounded number of bytes a turn, whatever is waiting", async () => {
    let thisTurn = 0;
    let most = 0;
    const server = await RecordingServer.listen("native", {
      chunk: (_handler, bytes) => {
        if (thisTurn === 0) {
          setImmediate(() => {
            most = Math.max(most, thisTurn);
            thisTurn = 0;
          });
        }
        thisTurn += bytes.length;
      },
    });
    const clients = await Promise.all(Array.from({ length: 20 }, () => server.client()));
    for (const { socket } of server.handlers) socket.pause();
    for (const client of clients) client.socket.write(Buffer.alloc(MIB));
    await turns();
    for (const { socket } of server.handlers) socket.resume();
    await until(() => server.handlers.every((handler) => handler.receivedBytes === MIB));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(192 * KIB);
    await closeAll(server, clients);
  });

  test("does not keep its thread from ending, nor the process", async () => {
    const layerPath = join(__dirname, "../../../src/redis/sockets/native-sockets.js");
    const blocksPath = join(__dirname, "../../../src/resp/index.js");
    const worker = new Worker(
      `const { connect } = require("node:net");
      const { parentPort } = require("node:worker_threads");
      const { listenNative } = require(${JSON.stringify(layerPath)});
      const { OutputBlockPool } = require(${JSON.stringify(blocksPath)});
      const scheduler = { atTurnEnd: setImmediate, after: (ms, task) => clearTimeout.bind(null, setTimeout(task, ms)) };
      const accept = () => ({ chunk: () => parentPort.postMessage("chunk"), drained() {}, closed() {} });
      listenNative("127.0.0.1", 0, { pool: new OutputBlockPool(), scheduler, accept }).then(({ port }) => {
        connect(port, "127.0.0.1").write("x");
      });`,
      { eval: true },
    );
    const message: unknown = await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    expect(message).toBe("chunk");
    expect(await worker.terminate()).toBe(1);
  });
});
