// The gate itself: the first look at everything, the second at what missed, the verdicts.
import type { Children } from "../children";
import { GateSession } from "./session";
import type { Pair, Sample, Sides } from "./session";
import type { GateForm, GateLoad } from "./budgets";
import { isMissed, ratios, secondLookPairs } from "./decision";
import type { FigureName, Limit, Verdict } from "./decision";

/** How often memory, start and restart are measured in a look. */
const SINGLE_FIRST = 1;
const SINGLE_SECOND = 3;

/** A verdict with what it is about. */
export interface GateVerdict extends Verdict {
  /** A load's name, `memory` or `start`. */
  readonly subject: string;
}

export class Gate {
  private readonly session: GateSession;

  constructor(
    private readonly form: GateForm,
    private readonly sides: Sides,
    dataDir: string,
    children: Children,
    private readonly progress: (text: string) => void,
  ) {
    this.session = new GateSession(form, sides, dataDir, children, progress);
  }

  /** Measures and judges; limits of ratios are left out when there is no reference. */
  async run(): Promise<GateVerdict[]> {
    return [...(await this.loads()), ...(await this.memory()), ...(await this.starts())];
  }

  private async loads(): Promise<GateVerdict[]> {
    const { form } = this;
    const first = await this.session.pairs(form.loads, form.pairs);
    const missed = form.loads.flatMap((load) =>
      this.limitsOf(load)
        .map((limit) => ({ load, limit, values: valuesOf(first, load, limit.figure) }))
        .filter(({ limit, values }) => isMissed(limit, values)),
    );
    let second: Pair[] = [];
    if (missed.length > 0) {
      const suspects = form.loads.filter((load) => missed.some((one) => one.load === load));
      const pairs = missed.map(({ values }) => secondLookPairs(values, form.secondPairs, form.mostPairs));
      const count = Math.max(...pairs);
      this.progress(
        `looking again at ${suspects.map(({ name }) => name).join(", ")}, with fresh servers and ${count} pairs`,
      );
      second = await this.session.pairs(suspects, count);
    }
    return form.loads.flatMap((load) =>
      this.limitsOf(load).map((limit) => {
        const values = valuesOf(first, load, limit.figure);
        const again = isMissed(limit, values) ? valuesOf(second, load, limit.figure) : undefined;
        return { subject: load.name, limit, first: values, second: again };
      }),
    );
  }

  private async memory(): Promise<GateVerdict[]> {
    const budget = this.form.memory;
    if (budget === undefined) return [];
    return [
      await twice("memory", budget.limit, (count) => repeated(count, () => this.session.memory(budget))),
    ];
  }

  private async starts(): Promise<GateVerdict[]> {
    const budget = this.form.start;
    if (budget === undefined) return [];
    const measure = (count: number) => repeated(count, () => this.session.starts(budget));
    const first = await measure(SINGLE_FIRST);
    const limits = [budget.start, budget.restart];
    const values = (figures: typeof first, { figure }: Limit) =>
      figures.map(({ startMs, restartMs }) => (figure === "startMs" ? startMs : restartMs));
    const again = limits.some((limit) => isMissed(limit, values(first, limit)))
      ? await measure(SINGLE_SECOND)
      : [];
    return limits.map((limit) => {
      const one = values(first, limit);
      return {
        subject: "start",
        limit,
        first: one,
        second: isMissed(limit, one) ? values(again, limit) : undefined,
      };
    });
  }

  private limitsOf(load: GateLoad): readonly Limit[] {
    return this.sides.reference === undefined
      ? load.limits.filter(({ figure }) => figure !== "throughputRatio" && figure !== "cpuRatio")
      : load.limits;
  }
}

async function repeated<Value>(count: number, measure: () => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for (let time = 0; time < count; time++) values.push(await measure());
  return values;
}

async function twice(
  subject: string,
  limit: Limit,
  measure: (count: number) => Promise<number[]>,
): Promise<GateVerdict> {
  const first = await measure(SINGLE_FIRST);
  return { subject, limit, first, second: isMissed(limit, first) ? await measure(SINGLE_SECOND) : undefined };
}

const sampleFigures: Partial<Record<FigureName, (sample: Sample) => number>> = {
  throughputRatio: (sample) => sample.operationsPerSecond,
  cpuRatio: (sample) => sample.cpuUs,
  cpuUs: (sample) => sample.cpuUs,
  p99Ms: (sample) => sample.p99Ms,
};

/** A figure's values over the pairs of a load. */
export function valuesOf(pairs: readonly Pair[], load: Pick<GateLoad, "name">, figure: FigureName): number[] {
  const of = sampleFigures[figure];
  if (of === undefined) return [];
  const own = pairs.filter((pair) => pair.load === load.name);
  if (figure !== "throughputRatio" && figure !== "cpuRatio") return own.map(({ subject }) => of(subject));
  return ratios(
    own.map(({ subject, reference }) => ({
      subject: of(subject),
      reference: reference === undefined ? undefined : of(reference),
    })),
  );
}
