// The soak's load, a process of its own: clients that send mixed commands at a rate, and after a while drop their connection
// and open another. An error reply or a connection that the server closes ends the soak. Latency is of a pipeline's
// commands, from the write to the last reply; a client that is late sends at once, it does not catch up.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "hdr-histogram-js";
import { BasaltError, SeededRandom, errorText } from "../../src/base/index";
import { ReplyCounter } from "../../src/resp/index";
import type { LoadSample, SoakAnswer, SoakLoadSpec, SoakRequest } from "./load-messages";
import { mixedCommands } from "./mixed-commands";

/** A connection's life, in pipelines. */
const LIFE_LEAST = 20;
const LIFE_MOST = 400;
const LONGEST_US = 60_000_000;

const latencies = build({
  lowestDiscernibleValue: 1,
  highestTrackableValue: LONGEST_US,
  numberOfSignificantValueDigits: 3,
});
let commands = 0;
let connections = 0;

async function client(spec: SoakLoadSpec, number: number): Promise<never> {
  const random = new SeededRandom(spec.seed + number);
  const everyMs = (1000 * spec.clients * spec.pipeline) / spec.rate;
  // Not all at once.
  await sleep(random.below(Math.ceil(everyMs) + 1));
  for (;;) await connection(spec, random, everyMs);
}

/** One connection from its beginning to its end. */
async function connection(spec: SoakLoadSpec, random: SeededRandom, everyMs: number): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port: spec.port, noDelay: true });
  const counter = new ReplyCounter();
  let outstanding = 0;
  let answered: () => void = () => undefined;
  let broken: (error: Error) => void = () => undefined;
  socket.on("data", (chunk) => {
    outstanding -= counter.push(chunk);
    if (counter.errors > 0) {
      broken(new BasaltError("ERROR_REPLY", `The server answered with an error: ${counter.firstError}`));
    } else if (outstanding === 0) {
      answered();
    }
  });
  await once(socket, "connect");
  connections++;
  socket.on("error", (error) => broken(error));
  socket.on("end", () => broken(new BasaltError("CONNECTION_CLOSED", "The server closed a connection.")));
  const life = LIFE_LEAST + random.below(LIFE_MOST - LIFE_LEAST);
  let next = performance.now();
  for (let batch = 0; batch < life; batch++) {
    const bytes = mixedCommands(random, spec.pipeline, spec.keys, spec.valueBytes);
    const begun = performance.now();
    await new Promise<void>((done, fail) => {
      answered = done;
      broken = fail;
      outstanding = spec.pipeline;
      socket.write(bytes);
    });
    const now = performance.now();
    latencies.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round((now - begun) * 1000))));
    commands += spec.pipeline;
    next = Math.max(next + everyMs, now);
    await sleep(next - now);
  }
  // Half of them politely, half in the middle of nothing.
  if (random.below(2) === 0) socket.end();
  else socket.destroy();
}

function sample(): LoadSample {
  const at = (percentile: number) => latencies.getValueAtPercentile(percentile) / 1000;
  const answer = {
    ...{ commands, connections },
    ...{ p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9), maxMs: latencies.maxValue / 1000 },
  };
  latencies.reset();
  commands = connections = 0;
  return answer;
}

function answer(message: SoakAnswer): void {
  process.send?.(message);
}

process.on("message", (request: SoakRequest) => {
  if (request.type === "sample") {
    answer({ type: "sample", sample: sample() });
    return;
  }
  const { spec } = request;
  Promise.all(Array.from({ length: spec.clients }, (_, number) => client(spec, number))).catch(
    (error: unknown) => answer({ type: "failed", message: errorText(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
