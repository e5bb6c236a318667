// How a run of a simulator fails: what both worlds throw.

/** What a failed run throws: the seed, the step, what is wrong, and the history around it. */
export class SimulationFailure extends Error {
  constructor(
    readonly seed: number,
    readonly step: number,
    readonly reason: string,
    readonly history: string,
    cause: unknown,
  ) {
    super(`seed ${seed}, step ${step}: ${reason}\n${history}`, { cause });
    this.name = "SimulationFailure";
  }
}
