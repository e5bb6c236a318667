// What the bench and the process that measures a disk say to each other. Plain data.

export interface DiskLoad {
  readonly file: string;
  readonly blockBytes: number;
  /** Reads under way at a time. */
  readonly depth: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface DiskFigures {
  readonly readsPerSecond: number;
  /** Of a read, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** The reads went past the page cache (O_DIRECT); false where the file system refuses that. */
  readonly direct: boolean;
}

export type DiskAnswer =
  | { readonly type: "done"; readonly figures: DiskFigures }
  | { readonly type: "failed"; readonly message: string };
