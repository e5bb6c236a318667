// A JSON log line as a person reads it: `08:15:02.120 info  ready redis=127.0.0.1:6379`. Pure.

/** Turns one line of JSON, as the logger writes it, into one readable line; anything else is returned as it is. */
export function readableLine(line: string): string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof fields !== "object" || fields === null) return line;
  const { level, time, msg, err, ...rest } = fields as Record<string, unknown>;
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const words = [clock, String(level).padEnd(5), typeof msg === "string" ? msg : ""];
  for (const [name, value] of Object.entries(rest)) words.push(`${name}=${shown(value)}`);
  return `${words.filter((word) => word !== "").join(" ")}${stackOf(err)}\n`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return /[\s="]/.test(value) || value === "" ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? String(value);
}

function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("stack" in error)) return "";
  return `\n    ${String(error.stack).replaceAll("\n", "\n    ")}`;
}
