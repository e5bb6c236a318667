// The loop that the micro-benchmarks of resp/ share: rounds of a function that does `operations` operations, and the
// median, fastest and slowest round in nanoseconds an operation. `--tiny` runs each once and briefly, to see that it runs.

export interface Measured {
  readonly name: string;
  readonly medianNs: number;
  readonly fastestNs: number;
  readonly slowestNs: number;
}

export const tiny = process.argv.includes("--tiny");
const ROUNDS = tiny ? 1 : 15;
const ROUND_MS = tiny ? 1 : 60;

/** `run` does the given number of repetitions and returns how many operations those were. */
export function measure(name: string, run: (repetitions: number) => number): Measured {
  let repetitions = 1;
  // Grow until a round takes long enough; this also warms the code up.
  for (;;) {
    const started = process.hrtime.bigint();
    run(repetitions);
    if (Number(process.hrtime.bigint() - started) > ROUND_MS * 1e6) break;
    repetitions *= 2;
  }
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = process.hrtime.bigint();
    const operations = run(repetitions);
    rounds.push(Number(process.hrtime.bigint() - started) / operations);
  }
  rounds.sort((a, b) => a - b);
  return { name, medianNs: rounds[rounds.length >> 1]!, fastestNs: rounds[0]!, slowestNs: rounds.at(-1)! };
}

export function report(title: string, results: readonly Measured[]): void {
  console.log(`\n${title}\n`);
  console.log("| what | median | fastest | slowest |\n|---|---|---|---|");
  for (const { name, medianNs, fastestNs, slowestNs } of results) {
    console.log(
      `| ${name} | ${medianNs.toFixed(1)} ns | ${fastestNs.toFixed(1)} | ${slowestNs.toFixed(1)} |`,
    );
  }
}
