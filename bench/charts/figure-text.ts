// How a chart writes a figure: short, with k and M. Pure.

export function figureText(figure: number): string {
  const size = Math.abs(figure);
  if (size >= 1e6) return `${trimmed(figure / 1e6)}M`;
  if (size >= 1e3) return `${trimmed(figure / 1e3)}k`;
  return trimmed(figure);
}

/** Three digits that count. */
function trimmed(figure: number): string {
  return String(Number(figure.toPrecision(3)));
}
