// A counter for hot paths: one number. Exported by Metrics at scrape time, so counting costs an addition.

export class Counter {
  private total = 0;

  get value(): number {
    return this.total;
  }

  increment(): void {
    this.total++;
  }

  add(amount: number): void {
    this.total += amount;
  }
}
