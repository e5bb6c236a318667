// What a run has covered: for each command and option, how often it occurred, how often its key was there, and how often it
// then succeeded.
export interface Count {
  total: number;
  /** A key of the command was there before it; every command without keys counts. */
  present: number;
  /** Of these, how many were not answered with an error. */
  succeeded: number;
}

export class Coverage {
  private readonly counts = new Map<string, Count>();
  readonly all: Count = { total: 0, present: 0, succeeded: 0 };

  add(tags: readonly string[], isPresent: boolean, isError: boolean): void {
    for (const count of [this.all, ...tags.map((tag) => this.of(tag))]) {
      count.total++;
      if (isPresent) count.present++;
      if (isPresent && !isError) count.succeeded++;
    }
  }

  of(tag: string): Count {
    let count = this.counts.get(tag);
    if (count === undefined) this.counts.set(tag, (count = { total: 0, present: 0, succeeded: 0 }));
    return count;
  }

  /** A table: command or option, occurrences, with a key that is there, of these without error. */
  table(): string {
    const rows = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
    const line = (tag: string, { total, present, succeeded }: Count): string =>
      `${tag.padEnd(32)} ${String(total).padStart(8)} ${String(present).padStart(8)} ${String(succeeded).padStart(8)}`;
    const head = `${"command / option".padEnd(32)} ${"times".padStart(8)} ${"present".padStart(8)} ${"success".padStart(8)}`;
    return [head, ...rows.map(([tag, count]) => line(tag, count)), line("all", this.all)].join("\n");
  }
}
