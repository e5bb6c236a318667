// What the soak and its load say to each other over Node's IPC channel. Plain data.

export interface SoakLoadSpec {
  readonly port: number;
  readonly clients: number;
  readonly pipeline: number;
  readonly keys: number;
  readonly valueBytes: number;
  /** Commands a second of all clients together; a server that is slower is not asked more. */
  readonly rate: number;
  readonly seed: number;
}

export type SoakRequest =
  { readonly type: "start"; readonly spec: SoakLoadSpec } | { readonly type: "sample" };

/** What happened since the sample before. */
export interface LoadSample {
  readonly commands: number;
  readonly connections: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export type SoakAnswer =
  | { readonly type: "sample"; readonly sample: LoadSample }
  | { readonly type: "failed"; readonly message: string };
