// The generator's own process, so that its CPU time is measured apart from the server's and from the bench's. It serves
// requests from its parent one at a time (load-messages.ts) and ends when the parent is gone.
import { BasaltError, SeededRandom, errorText } from "../../src/base/index";
import { ClosedLoop } from "./closed-loop";
import { AscendingKeys, keySource } from "./key-source";
import type { KeySource } from "./key-source";
import type { GeneratorAnswer, GeneratorRequest, LoadResult, LoadSpec } from "./load-messages";
import { LoopConnections } from "./loop-connections";
import { OpenLoop } from "./open-loop";
import { ValuePool, requestBatch } from "./request-batch";
import type { RequestBatch } from "./request-batch";
import { requestTemplate } from "./request-template";
import { preloads, workloads } from "./workloads";
import type { PreloadName, WeightedRequest } from "./workloads";

const PRELOAD_PIPELINE = 64;
const PRELOAD_BATCH_BYTES = 256 * 1024;

class Generator {
  private readonly connections = new LoopConnections();
  private readonly closedLoop = new ClosedLoop(this.connections);
  private readonly openLoop = new OpenLoop(this.connections);
  private spec: LoadSpec | undefined;

  async serve(request: GeneratorRequest): Promise<LoadResult | undefined> {
    switch (request.type) {
      case "connect":
        this.spec = request.spec;
        await this.connections.open(
          request.spec.port,
          request.spec.clients,
          this.batches(request.spec),
          request.spec.pipeline,
        );
        return undefined;
      case "preload":
        return this.preloadAll(this.connected(), request.kinds);
      case "closed-loop":
        this.connected();
        return this.closedLoop.run({ seconds: request.seconds });
      case "open-loop":
        this.connected();
        return this.openLoop.run(request.seconds, request.rate);
    }
  }

  /** Writes what each kind needs; the answer is the last kind's. */
  private async preloadAll(spec: LoadSpec, kinds: readonly PreloadName[]): Promise<LoadResult | undefined> {
    let result: LoadResult | undefined;
    for (const kind of kinds) result = await this.preload(spec, kind);
    this.connections.setBatches(this.batches(spec), spec.pipeline);
    return result;
  }

  private preload(spec: LoadSpec, kind: PreloadName): Promise<LoadResult> {
    const { requests, single } = preloads[kind];
    const keys = single ? 1 : spec.keys;
    const pipeline = Math.max(
      1,
      Math.min(PRELOAD_PIPELINE, Math.floor(PRELOAD_BATCH_BYTES / spec.valueBytes)),
    );
    this.connections.setBatches(batchMaker(requests, spec, pipeline, new AscendingKeys(keys)), pipeline);
    return this.closedLoop.run({ batches: Math.ceil(keys / pipeline) });
  }

  private batches(spec: LoadSpec): () => RequestBatch {
    const random = new SeededRandom(spec.seed);
    return batchMaker(
      workloads[spec.workload].requests,
      spec,
      spec.pipeline,
      keySource(spec.distribution, spec.keys, random),
    );
  }

  private connected(): LoadSpec {
    if (this.spec === undefined)
      throw new BasaltError("NOT_CONNECTED", "The generator was not told to connect.");
    return this.spec;
  }
}

function batchMaker(
  requests: readonly WeightedRequest[],
  spec: LoadSpec,
  pipeline: number,
  keys: KeySource,
): () => RequestBatch {
  const random = new SeededRandom(spec.seed + 1);
  const sources = {
    templates: requests.map((request) => requestTemplate(request.parts, request.reply, spec.valueBytes)),
    weights: requests.map((request) => request.weight),
    keys,
    keyDigits: String(spec.keys - 1).length,
    values: new ValuePool(spec.valueBytes, random),
    random,
  };
  return () => requestBatch(sources, pipeline);
}

function answer(message: GeneratorAnswer): void {
  process.send?.(message);
}

function main(): void {
  const generator = new Generator();
  process.on("message", (request: GeneratorRequest) => {
    generator.serve(request).then(
      (result) => answer({ type: "done", result }),
      (error: unknown) => answer({ type: "failed", message: errorText(error) }),
    );
  });
  process.on("disconnect", () => process.exit(0));
}

main();
