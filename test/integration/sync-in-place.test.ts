// Small batches that everybody waits for are synced by the JavaScript thread itself: what was answered before is sent first.
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";

const ENTRY = join(__dirname, "support", "faulty-server.js");
const SYNC_MS = 300;

async function syncsInPlace(server: BasaltProcess): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${server.ports["routerMetrics"]}/metrics`);
  const line = /^basalt_storage_log_syncs_in_place_total (\d+)$/m.exec(await response.text());
  return Number(line?.[1]);
}

test.each(["native", "net"])(
  "a read is answered before the writes behind it are waited for (%s)",
  async (layer) => {
    const directory = temporaryDirectory("in-place");
    const server = await BasaltProcess.start({
      directory: directory.path,
      entry: ENTRY,
      environment: {
        BASALT_TEST_FAULTS: JSON.stringify({ runningFaults: { syncDelayMicros: SYNC_MS * 1000 } }),
      },
      metricsPort: "0",
      flags: ["--socket-layer", layer],
    });
    const socket = connect(server.redisPort, "127.0.0.1");
    try {
      await once(socket, "connect");
      expect(await syncsInPlace(server)).toBe(0);
      server.signal("SIGUSR2");
      // The signal's handler runs within this process's next turns, this reply behind it.
      for (let answered = 0; answered < 3; answered++) {
        socket.write("PING\r\n");
        await once(socket, "data");
      }
      socket.write("GET n\r\n" + "INCR n\r\n".repeat(5));
      expect(String((await once(socket, "data"))[0])).toBe("$-1\r\n");
      expect(String((await once(socket, "data"))[0])).toBe(":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n");
      expect(await syncsInPlace(server)).toBe(1);
    } finally {
      socket.destroy();
      await server.stop();
      directory.remove();
    }
  },
);
