// Error replies by their code (ERR, WRONGTYPE …), counted from what clients were sent. Codes are words of our own and of
// scripts, so their number is bounded: what comes beyond the bound counts in the total alone.

const MAX_CODES = 128;
const MAX_CODE_BYTES = 64;
const SPACE = 0x20;
const CARRIAGE_RETURN = 0x0d;

export class ErrorCounts {
  total = 0;
  private readonly counts = new Map<string, number>();

  /** Counts an error line whose first byte behind the minus stands at `start`. */
  count(bytes: Uint8Array, start: number): void {
    let end = start;
    const limit = Math.min(bytes.length, start + MAX_CODE_BYTES);
    while (end < limit && bytes[end] !== SPACE && bytes[end] !== CARRIAGE_RETURN) end++;
    this.add(String.fromCharCode(...bytes.subarray(start, end)));
  }

  add(code: string): void {
    this.total++;
    const known = this.counts.get(code);
    if (known === undefined && this.counts.size >= MAX_CODES) return;
    this.counts.set(code, (known ?? 0) + 1);
  }

  get byCode(): ReadonlyMap<string, number> {
    return this.counts;
  }

  reset(): void {
    this.total = 0;
    this.counts.clear();
  }
}
