// The door of bench/measure/: what processes used, when they are quiet, where their data lies, what the disk can do.
export { DEEPEST, DiskFile } from "./disk-limit";
export type { DiskFigures } from "./disk-messages";
export { diskDirectory, fileSystemOf } from "./file-system";
export type { DataDirectory } from "./file-system";
export { PageCacheDropper, dropPages, tableFiles } from "./page-cache";
export {
  cpuBetween,
  cpuTimeOf,
  machineCpuOf,
  machineCpuUs,
  processUsage,
  residentBytes,
  totalUs,
} from "./process-usage";
export type { CpuTime, ProcessUsage } from "./process-usage";
export { isQuiet, untilQuiet } from "./quiet";
