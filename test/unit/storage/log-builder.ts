// Builds entry payloads for storage tests: the operations as bytes, and the header in front. Shared by the tests of this
// folder; no test of its own.
import { putVarint, varintLength } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { OperationTag, PAYLOAD_HEADER_BYTES, putPayloadHeader } from "../../../src/storage/payload";

export type TestOperation =
  | { readonly kind: "put"; readonly key: ByteString; readonly value: ByteString }
  | { readonly kind: "delete"; readonly key: ByteString }
  | { readonly kind: "deleteRange"; readonly lower: ByteString; readonly upper: ByteString };

export function put(key: ByteString, value: ByteString): TestOperation {
  return { kind: "put", key, value };
}

export function remove(key: ByteString): TestOperation {
  return { kind: "delete", key };
}

export function removeRange(lower: ByteString, upper: ByteString): TestOperation {
  return { kind: "deleteRange", lower, upper };
}

function field(text: ByteString): Buffer {
  const bytes = Buffer.alloc(varintLength(text.length) + text.length);
  bytes.write(text, putVarint(bytes, 0, text.length), "latin1");
  return bytes;
}

export function encodeOperation(operation: TestOperation): Buffer {
  if (operation.kind === "put") {
    return Buffer.concat([Buffer.from([OperationTag.put]), field(operation.key), field(operation.value)]);
  }
  if (operation.kind === "delete")
    return Buffer.concat([Buffer.from([OperationTag.delete]), field(operation.key)]);
  return Buffer.concat([
    Buffer.from([OperationTag.deleteRange]),
    field(operation.lower),
    field(operation.upper),
  ]);
}

export interface PayloadOptions {
  readonly term: number;
  readonly hlcMs: number;
  readonly hlcCounter?: number;
  readonly flags?: number;
  readonly fragment?: number;
}

export function payloadOf(operations: readonly TestOperation[], options: PayloadOptions): Buffer {
  const header = Buffer.alloc(PAYLOAD_HEADER_BYTES);
  putPayloadHeader(header, 0, {
    flags: options.flags ?? 0,
    term: options.term,
    routeEpoch: 0,
    hlcMs: options.hlcMs,
    hlcCounter: options.hlcCounter ?? 0,
    operationCount: operations.length,
    fragment: options.fragment ?? 0,
  });
  return Buffer.concat([header, ...operations.map(encodeOperation)]);
}
