// Which file system a directory lies on, and which of several directories is on a disk: a benchmark of synced writes in
// memory would mean nothing.
import { mkdirSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import { BasaltError } from "../../src/base/index";

const MEMORY_FILE_SYSTEMS = new Set(["tmpfs", "ramfs", "devtmpfs", "zram"]);
const FREE_BYTES_AT_LEAST = 2 ** 30;

/** The type (`ext4`) of the file system that holds an absolute path, from the text of /proc/self/mountinfo. */
export function fileSystemOf(path: string, mountinfo: string): string {
  let longest = -1;
  let type = "unknown";
  for (const line of mountinfo.split("\n")) {
    const [left, right] = line.split(" - ");
    const mountPoint = left
      ?.split(" ")[4]
      ?.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (mountPoint === undefined || right === undefined) continue;
    const inside = mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
    // Of two mounts on one point the later hides the earlier.
    if (inside && mountPoint.length >= longest) {
      longest = mountPoint.length;
      type = right.split(" ")[0] ?? "unknown";
    }
  }
  return type;
}

export interface DataDirectory {
  readonly path: string;
  readonly fileSystem: string;
}

/** The first of the directories that is on a disk with room; they are created as needed. */
export function diskDirectory(candidates: readonly string[]): DataDirectory {
  const mountinfo = readFileSync("/proc/self/mountinfo", "utf8");
  const refused: string[] = [];
  for (const candidate of candidates) {
    mkdirSync(candidate, { recursive: true });
    const path = realpathSync(candidate);
    const fileSystem = fileSystemOf(path, mountinfo);
    const { bavail, bsize } = statfsSync(path);
    if (MEMORY_FILE_SYSTEMS.has(fileSystem)) refused.push(`${candidate} is in memory (${fileSystem})`);
    else if (bavail * bsize < FREE_BYTES_AT_LEAST) refused.push(`${candidate} has less than 1 GiB free`);
    else return { path, fileSystem };
  }
  throw new BasaltError(
    "NO_DISK",
    `No directory for the servers' data: ${refused.join("; ")}. Give one with --dir.`,
  );
}
