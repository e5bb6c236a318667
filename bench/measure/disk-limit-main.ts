// The process that measures a disk: so many random reads at a time from one file for a time (disk-messages.ts). Reads past
// the page cache need memory at an address that the device can reach; Node does not tell addresses, so the place in its
// buffer is found by trying.
import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { BasaltError, LatencyHistogram, SeededRandom, errorText } from "../../src/base/index";
import type { DiskAnswer, DiskFigures, DiskLoad } from "./disk-messages";

const ALIGNMENT_AT_MOST = 4096;
const ADDRESSES_DIFFER_BY = 8;

interface OpenFile {
  readonly file: number;
  readonly direct: boolean;
  /** Room for `depth` blocks from `from` on. */
  readonly buffer: Buffer;
  readonly from: number;
}

function main(): void {
  process.once("disconnect", () => process.exit(0));
  process.once("message", (load: DiskLoad) => {
    measure(load).then(
      (figures) => answer({ type: "done", figures }),
      (error: unknown) => answer({ type: "failed", message: errorText(error) }),
    );
  });
}

function answer(message: DiskAnswer): void {
  process.send?.(message);
}

async function measure(load: DiskLoad): Promise<DiskFigures> {
  const opened = open(load);
  const blocks = Math.floor(fstatSync(opened.file).size / load.blockBytes);
  const random = new SeededRandom(load.seed);
  const latencies = new LatencyHistogram();
  const startedMs = performance.now();
  const deadlineMs = startedMs + load.seconds * 1000;
  let reads = 0;
  const readOn = async (slot: number): Promise<void> => {
    for (;;) {
      const sentMs = performance.now();
      if (sentMs >= deadlineMs) return;
      await readBlock(opened, slot, load.blockBytes, random.below(blocks));
      latencies.record(Math.round((performance.now() - sentMs) * 1000));
      reads++;
    }
  };
  await Promise.all(Array.from({ length: load.depth }, (_, slot) => readOn(slot)));
  const seconds = (performance.now() - startedMs) / 1000;
  closeSync(opened.file);
  return {
    readsPerSecond: reads / seconds,
    p50Us: latencies.quantile(0.5),
    p99Us: latencies.quantile(0.99),
    direct: opened.direct,
  };
}

/** Opens past the page cache where that can be, else through it. */
function open({ file: path, blockBytes, depth }: DiskLoad): OpenFile {
  const buffer = Buffer.allocUnsafeSlow(blockBytes * depth + ALIGNMENT_AT_MOST);
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_DIRECT);
    const from = alignedPlace(file, buffer, blockBytes);
    if (from !== undefined) return { file, direct: true, buffer, from };
    closeSync(file);
  } catch (error) {
    if (!isInvalid(error)) throw error;
  }
  return { file: openSync(path, constants.O_RDONLY), direct: false, buffer, from: 0 };
}

function alignedPlace(file: number, buffer: Buffer, blockBytes: number): number | undefined {
  for (let place = 0; place < ALIGNMENT_AT_MOST; place += ADDRESSES_DIFFER_BY) {
    try {
      readSync(file, buffer, place, blockBytes, 0);
      return place;
    } catch (error) {
      if (!isInvalid(error)) throw error;
    }
  }
  return undefined;
}

function isInvalid(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EINVAL";
}

function readBlock(opened: OpenFile, slot: number, blockBytes: number, block: number): Promise<void> {
  const { file, buffer, from } = opened;
  return new Promise((resolve, reject) => {
    read(file, buffer, from + slot * blockBytes, blockBytes, block * blockBytes, (error, bytes) => {
      if (error !== null) reject(error);
      else if (bytes !== blockBytes) reject(new BasaltError("SHORT_READ", `A read gave ${bytes} bytes.`));
      else resolve();
    });
  });
}

main();
