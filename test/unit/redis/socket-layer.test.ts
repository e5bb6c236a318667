// The listener behind `net`: an error of a running one is no end of the process.
import * as net from "node:net";
import { listenNet } from "../../../src/redis/sockets/net-sockets";
import { OutputBlockPool } from "../../../src/resp/index";

const handler = { chunk: () => undefined, drained: () => undefined, closed: () => undefined };

/** The server that listens on the port, out of what keeps this process alive. */
function serverOn(port: number): net.Server {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles: () => unknown[] };
  for (const handle of _getActiveHandles.call(process)) {
    if (!(handle instanceof net.Server)) continue;
    const address = handle.address();
    if (typeof address === "object" && address?.port === port) return handle;
  }
  throw new Error(`nothing listens on ${port}`);
}

test("a port in use is told; errors of a listener that runs are passed over, however many", async () => {
  const listener = await listenNet("127.0.0.1", 0, new OutputBlockPool(), () => handler);
  const server = serverOn(listener.port);
  for (let i = 0; i < 3; i++) server.emit("error", new Error("no buffer space"));
  const second = listenNet("127.0.0.1", listener.port, new OutputBlockPool(), () => handler);
  await expect(second).rejects.toMatchObject({ code: "LISTEN_FAILED" });
  await listener.close();
});
