// A client's side: a command as the RESP array of bulk strings that servers read. Pure.
import type { ByteString } from "../base/index";

/** The bytes of one command; texts are ByteStrings. */
export function encodeCommand(parts: readonly (ByteString | Buffer | number)[]): Buffer {
  const pieces: Buffer[] = [Buffer.from(`*${parts.length}\r\n`, "latin1")];
  for (const part of parts) {
    const bytes = typeof part === "object" ? part : Buffer.from(String(part), "latin1");
    pieces.push(Buffer.from(`$${bytes.length}\r\n`, "latin1"), bytes, Buffer.from("\r\n", "latin1"));
  }
  return Buffer.concat(pieces);
}
