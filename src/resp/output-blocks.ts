// Buffers for replies, lent and returned. A pool is constructed by the server, one for each JavaScript thread, and handed
// to the writers. A block has one owner at a time: the pool, then a ReplyWriter, then (after `take`) the receiver, who
// returns it by `release` when the socket has written it, and not before. Blocks beyond the largest size are not kept.
import { assert } from "../base/index";
import type { ViewedBytes } from "../base/index";

/** Most replies of a turn fit the smallest; a writer that outgrows one moves on to the next. */
const BLOCK_SIZES = [4 * 1024, 32 * 1024, 256 * 1024] as const;
const UNPOOLED = BLOCK_SIZES.length;

export class OutputBlock implements ViewedBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Bytes filled, from the start. */
  length = 0;
  /** Which list of the pool it returns to. For the pool only. */
  readonly sizeClass: number;
  /** False while the pool has it. For the pool only. */
  lent = true;

  constructor(size: number, sizeClass: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
    this.sizeClass = sizeClass;
  }

  /** The filled bytes, as Node's sockets want them. Valid until the block is released. */
  filled(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

export class OutputBlockPool {
  /** Bytes of blocks that are waiting to be lent again. */
  retainedBytes = 0;
  /** Bytes of blocks that are lent. */
  lentBytes = 0;

  private readonly maxRetainedBytes: number;
  private readonly free: OutputBlock[][] = BLOCK_SIZES.map(() => []);

  constructor(maxRetainedBytes = 16 * 1024 * 1024) {
    this.maxRetainedBytes = maxRetainedBytes;
  }

  /** A block with room for `minBytes` and no filled bytes. */
  acquire(minBytes: number): OutputBlock {
    let sizeClass = 0;
    while (sizeClass < UNPOOLED && BLOCK_SIZES[sizeClass]! < minBytes) sizeClass++;
    const size = sizeClass === UNPOOLED ? minBytes : BLOCK_SIZES[sizeClass]!;
    this.lentBytes += size;
    const block = this.free[sizeClass]?.pop();
    if (block === undefined) return new OutputBlock(size, sizeClass);
    this.retainedBytes -= size;
    block.length = 0;
    block.lent = true;
    return block;
  }

  /** Takes a block back. Its bytes may be overwritten from now on. */
  release(block: OutputBlock): void {
    assert(block.lent, "an output block is released once");
    block.lent = false;
    const size = block.bytes.length;
    this.lentBytes -= size;
    const list = this.free[block.sizeClass];
    if (list === undefined || this.retainedBytes + size > this.maxRetainedBytes) return;
    this.retainedBytes += size;
    list.push(block);
  }
}
