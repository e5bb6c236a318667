// How reports write figures. Pure.

/** 64210 → `64 210`, with a narrow space that does not break. */
export function thousands(figure: number): string {
  return Math.round(figure)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function milliseconds(microseconds: number): string {
  const figure = microseconds / 1000;
  return figure < 10 ? figure.toFixed(2) : figure.toFixed(1);
}
