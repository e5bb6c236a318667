// A socket on which tests send bytes as they like and read what comes, or do not.
import { connect } from "node:net";
import type { Socket } from "node:net";

export class RawConnection {
  private readonly socket: Socket;
  private waiting: (() => void) | undefined;
  /** What has arrived, as ByteString. */
  received = "";
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("latin1");
      this.waiting?.();
    });
    // A reset is an end like another: what came before it counts.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.waiting?.();
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** One connection for these bytes: all that came until the server closed it, or until it holds `end`. */
  static async exchange(port: number, bytes: string | Buffer, end?: string): Promise<string> {
    const connection = await RawConnection.open(port);
    connection.send(bytes);
    await connection.until((received) => end !== undefined && received.endsWith(end));
    connection.close();
    return connection.received;
  }

  /** Resolves with true when the kernel has taken the bytes at once. */
  send(bytes: string | Buffer): boolean {
    return this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Stops reading: what comes stays in the kernel, then with the server. */
  stopReading(): void {
    this.socket.pause();
  }

  goOnReading(): void {
    this.socket.resume();
  }

  get unsentBytes(): number {
    return this.socket.writableLength;
  }

  /** Resolves when what has arrived is as wanted, or the connection has ended. */
  async until(isWanted: (received: string) => boolean): Promise<void> {
    while (!this.isClosed && !isWanted(this.received)) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
