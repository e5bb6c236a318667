// The overlay: reading above applied state, and what indexing costs when something reads behind blind writes. One operation
// is one row written and read, or one read.
import { Batch } from "../../src/kv/batch";
import { Overlay } from "../../src/kv/overlay";
import { RowCache } from "../../src/kv/row-table";
import { elementPrefix, hashedSubKey, headerKey, versionBytes } from "../../src/storage/index";
import { stringHeader, userKey } from "./rows";
import { sink } from "./suite";
import type { MicroSuite, MicroTask } from "./suite";

const ROWS = 128;
const BATCH_BYTES = 64 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;

/** An overlay that is fed batch after batch, each applied as soon as it is sealed. */
class FedOverlay {
  private sequence = 1;
  readonly overlay = new Overlay(new RowCache(CACHE_BYTES), new Batch(1, BATCH_BYTES));

  /** Seals the open batch, commits and applies it. */
  next(): void {
    const { overlay } = this;
    overlay.sealed(new Batch(this.sequence + 1, BATCH_BYTES));
    overlay.committedSequence = this.sequence;
    overlay.applied(this.sequence++);
  }
}

function tasks(): MicroTask[] {
  const keys = Array.from({ length: ROWS }, (_, at) => userKey(at));
  const headerKeys = keys.map((key) => headerKey(0, key));
  const prefix = elementPrefix(0, "hash", versionBytes(1_700_000_000_000, 0));
  const elementKeys = keys.map((key) => prefix + hashedSubKey(key));
  const header = stringHeader("v".repeat(64));
  const value = "v".repeat(64);
  const writing = new FedOverlay();
  const blind = new FedOverlay();
  const elements = new FedOverlay();
  const reading = new FedOverlay();
  for (let at = 0; at < ROWS; at++) {
    reading.overlay.open.putHeader(headerKeys[at]!, header);
    reading.overlay.open.put(elementKeys[at]!, value);
  }
  reading.overlay.header(0, keys[0]!, false);
  const read = (name: string, committed: boolean): MicroTask => ({
    name,
    operations: ROWS,
    run: () => {
      for (let at = 0; at < ROWS; at++) {
        if (reading.overlay.header(0, keys[at]!, committed) !== undefined) sink.sum++;
      }
    },
  });
  return [
    {
      name: "write a header and read it back, one after another",
      operations: ROWS,
      run: () => {
        for (let at = 0; at < ROWS; at++) {
          writing.overlay.open.putHeader(headerKeys[at]!, header);
          if (writing.overlay.header(0, keys[at]!, false) !== undefined) sink.sum++;
        }
        writing.next();
      },
    },
    {
      name: "blind headers, then one read that indexes all",
      operations: ROWS,
      run: () => {
        for (let at = 0; at < ROWS; at++) blind.overlay.open.putHeader(headerKeys[at]!, header);
        if (blind.overlay.header(0, keys[0]!, false) !== undefined) sink.sum++;
        blind.next();
      },
    },
    {
      name: "write an element and read it back",
      operations: ROWS,
      run: () => {
        for (let at = 0; at < ROWS; at++) {
          elements.overlay.open.put(elementKeys[at]!, value);
          if (elements.overlay.element(elementKeys[at]!, false) !== undefined) sink.sum++;
        }
        elements.next();
      },
    },
    read("read a header in the open batch, latest view", false),
    read("read a header in the open batch, committed view (behind it)", true),
    {
      name: "read an element in the open batch",
      operations: ROWS,
      run: () => {
        for (let at = 0; at < ROWS; at++) {
          if (reading.overlay.element(elementKeys[at]!, false) !== undefined) sink.sum++;
        }
      },
    },
    {
      name: "rows of one collection, in order",
      operations: ROWS,
      run: () => {
        sink.sum += reading.overlay.pendingIn(prefix, `${prefix}\xff`, false).length;
      },
    },
  ];
}

export const suite: MicroSuite = {
  name: "overlay",
  title: "Overlay, a row",
  prepare: () => ({ tasks: tasks() }),
};
