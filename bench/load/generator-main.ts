// The generator's own process, so that its CPU time is measured apart from the server's and from the bench's. It serves
// requests from its parent one at a time (load-messages.ts) and ends when the parent is gone.
import { BasaltError, SeededRandom, errorText } from "../../src/base/index";
import { ClosedLoop } from "./closed-loop";
import { AscendingKeys, keySource } from "./key-source";
import type { KeySource } from "./key-source";
import type { GeneratorAnswer, GeneratorRequest, LoadResult, LoadSpec } from "./load-messages";
import { ValuePool, requestBatch } from "./request-batch";
import type { RequestBatch } from "./request-batch";
import { requestTemplate } from "./request-template";
import { workloads } from "./workloads";
import type { Workload } from "./workloads";

const PRELOAD_PIPELINE = 64;

class Generator {
  private readonly loop = new ClosedLoop();
  private spec: LoadSpec | undefined;

  async serve(request: GeneratorRequest): Promise<LoadResult | undefined> {
    switch (request.type) {
      case "connect":
        this.spec = request.spec;
        await this.loop.open(
          request.spec.port,
          request.spec.clients,
          this.batches(request.spec),
          request.spec.pipeline,
        );
        return undefined;
      case "preload":
        return this.preload(this.connected());
      case "closed-loop":
        this.connected();
        return this.loop.run({ seconds: request.seconds });
    }
  }

  private async preload(spec: LoadSpec): Promise<LoadResult> {
    const batches = batchMaker(workloads.set, spec, PRELOAD_PIPELINE, new AscendingKeys(spec.keys));
    this.loop.setBatches(batches, PRELOAD_PIPELINE);
    const result = await this.loop.run({ batches: Math.ceil(spec.keys / PRELOAD_PIPELINE) });
    this.loop.setBatches(this.batches(spec), spec.pipeline);
    return result;
  }

  private batches(spec: LoadSpec): () => RequestBatch {
    const random = new SeededRandom(spec.seed);
    return batchMaker(
      workloads[spec.workload],
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
  workload: Workload,
  spec: LoadSpec,
  pipeline: number,
  keys: KeySource,
): () => RequestBatch {
  const random = new SeededRandom(spec.seed + 1);
  const sources = {
    templates: workload.requests.map((request) =>
      requestTemplate(request.parts, request.reply, spec.valueBytes),
    ),
    weights: workload.requests.map((request) => request.weight),
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
