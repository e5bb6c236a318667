// The long form of the differential test between the native storage and its twin: many seeds, long lives, kills. Seeds are
// printed; BASALT_SEED gives the first one, BASALT_DIFFERENTIAL_RUNS their number.
import { runDifferential } from "../unit/storage/differential-run";

const firstSeed = Number(process.env["BASALT_SEED"] ?? Math.floor(Math.random() * 2 ** 30));
const runs = Number(process.env["BASALT_DIFFERENTIAL_RUNS"] ?? 20);

test(
  "native storage and twin stay equal",
  async () => {
    console.log(`differential seeds ${firstSeed} to ${firstSeed + runs - 1}`);
    const totals: Record<string, number> = { kills: 0 };
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const { kills, counts } = await runDifferential(seed, 1500, seed % 2 === 0 ? 0 : 100);
      totals["kills"]! += kills;
      for (const [kind, count] of Object.entries(counts)) totals[kind] = (totals[kind] ?? 0) + count;
    }
    console.log(`differential totals ${JSON.stringify(totals)}`);
    expect(totals["kills"]).toBeGreaterThan(runs > 1 ? runs : -1);
  },
  60 * 60_000,
);
