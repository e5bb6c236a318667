// What CONFIG GET shows: Basalt's options under their own names, and Redis's common ones with the values that Basalt's
// behaviour amounts to, since clients and tools ask for them.
import type { ServerConfig } from "../config/index";

export function redisConfigOf(config: ServerConfig): ReadonlyMap<string, string> {
  const shown = new Map<string, string>([
    ["appendonly", "yes"],
    ["appendfsync", config.fsync === "always" ? "always" : "no"],
    ["save", ""],
    ["databases", "16"],
    ["maxclients", String(config.maxClients)],
    ["maxmemory", "0"],
    ["maxmemory-policy", "noeviction"],
    ["port", config.redisPort === "off" ? "0" : String(config.redisPort)],
    ["bind", config.host],
    ["dir", config.dataDir],
    ["timeout", "0"],
    ["tcp-keepalive", "300"],
    ["proto-max-bulk-len", String(512 * 1024 * 1024)],
    ["hll-sparse-max-bytes", "3000"],
  ]);
  for (const [key, value] of Object.entries(config)) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!shown.has(name)) shown.set(name, value === undefined ? "" : String(value));
  }
  return shown;
}
