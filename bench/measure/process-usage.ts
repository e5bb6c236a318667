// What a process has used, read from /proc: CPU time of all its threads (ended ones included), bytes it caused to be
// written, memory. Linux counts CPU time in ticks of 10 ms, so a figure over a run of seconds is right to a per cent.
import { readFileSync } from "node:fs";
import { BasaltError } from "../../src/base/index";

/** The kernel's USER_HZ, which is 100 on every platform Node supports. */
const TICK_US = 10_000;

export interface CpuTime {
  readonly userUs: number;
  readonly systemUs: number;
}

export interface ProcessUsage extends CpuTime {
  /** Bytes the process caused to be sent to a disk; 0 where the system does not tell. */
  readonly writtenBytes: number;
  /** Bytes it read from a disk, past the page cache; 0 where the system does not tell. */
  readonly readBytes: number;
}

export function processUsage(pid: number): ProcessUsage {
  try {
    const cpuTime = cpuTimeOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
    const transfers = readIfAllowed(`/proc/${pid}/io`);
    return {
      ...cpuTime,
      writtenBytes: numberAfter("\nwrite_bytes:", transfers),
      readBytes: numberAfter("\nread_bytes:", transfers),
    };
  } catch (error) {
    throw new BasaltError("NO_PROCESS", `The usage of process ${pid} cannot be read; it may have ended.`, {
      cause: error,
    });
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return numberAfter("VmRSS:", readIfAllowed(`/proc/${pid}/status`)) * 1024;
}

/** Fields 14 and 15 of a line of /proc/PID/stat; the name in field 2 may hold spaces and parentheses. */
export function cpuTimeOf(statLine: string): CpuTime {
  const fields = statLine.slice(statLine.lastIndexOf(")") + 2).split(" ");
  return { userUs: Number(fields[11]) * TICK_US, systemUs: Number(fields[12]) * TICK_US };
}

/**
 * CPU time that all processes of the machine have used, and what its host took from it, in microseconds. Interrupts are
 * left out: those of the loopback are the measured load's own.
 */
export function machineCpuUs(): number {
  return machineCpuOf(readFileSync("/proc/stat", "latin1"));
}

/** user + nice + system + steal of the first line of /proc/stat. */
export function machineCpuOf(text: string): number {
  const fields = text.slice(0, text.indexOf("\n")).trim().split(/\s+/);
  return (Number(fields[1]) + Number(fields[2]) + Number(fields[3]) + Number(fields[8] ?? 0)) * TICK_US;
}

export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  return { userUs: after.userUs - before.userUs, systemUs: after.systemUs - before.systemUs };
}

export function totalUs(time: CpuTime): number {
  return time.userUs + time.systemUs;
}

function readIfAllowed(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function numberAfter(name: string, text: string): number {
  const at = text.indexOf(name);
  return at < 0 ? 0 : Number.parseInt(text.slice(at + name.length), 10);
}
