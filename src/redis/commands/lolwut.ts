// LOLWUT's drawing: columns of basalt, seen from above and from the side, as high as chance has it; the same for one size.
import { SeededRandom } from "../../base/index";
import { REDIS_VERSION } from "../redis-version";

const DEFAULT_COLUMNS = 12;
const DEFAULT_ROWS = 6;
const MAX_COLUMNS = 200;
const MAX_ROWS = 100;

export function drawing(version: string, columns = DEFAULT_COLUMNS, rows = DEFAULT_ROWS): string {
  const width = Math.min(MAX_COLUMNS, Math.max(1, columns));
  const height = Math.min(MAX_ROWS, Math.max(1, rows));
  const random = new SeededRandom(width * 1000 + height);
  const heights = Array.from({ length: width }, () => random.between(1, height));
  const lines: string[] = [];
  for (let level = height; level >= 0; level--) {
    // Every column is a lid at its height and a trunk below it.
    const cells = heights.map((top) => (level === top ? " __ " : level < top ? "|  |" : "    "));
    lines.push(cells.join("").trimEnd());
  }
  return `${lines.join("\n")}\n\nColumns of basalt, cooling. Basalt ${version} (Redis ver. ${REDIS_VERSION})\n`;
}
