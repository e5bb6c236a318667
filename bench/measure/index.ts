// The door of bench/measure/: what processes used, when they are quiet, where their data lies.
export { diskDirectory, fileSystemOf } from "./file-system";
export type { DataDirectory } from "./file-system";
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
