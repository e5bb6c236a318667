// Where the nodes' log lines and the handlers' own lines go, in one stream and filtered by one level. The highest level
// silences the handlers, too. Lines written inside `indented` are moved in by two spaces.
import type { LogSink } from "../../../src/raft/core/index";
import { ScriptError } from "./arguments";

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"];
const QUIET = LEVELS.length - 1;

export class TraceOutput implements LogSink {
  level = 0;
  text = "";
  /** The last command ended with an error. */
  failed = false;

  get quiet(): boolean {
    return this.level === QUIET;
  }

  setLevel(name: string): void {
    const level = LEVELS.indexOf(name.toUpperCase());
    if (level < 0) throw new ScriptError(`log levels must be either of [${LEVELS.join(" ")}]`);
    this.level = level;
  }

  write(text: string): void {
    if (!this.quiet) this.text += text;
  }

  indented(work: () => void): void {
    const before = this.text;
    this.text = "";
    try {
      work();
    } finally {
      const lines = this.text === "" ? [] : this.text.replace(/\n$/, "").split("\n");
      this.text = before + lines.map((line) => `  ${line}\n`).join("");
    }
  }

  debug(line: string): void {
    this.log(0, line);
  }

  info(line: string): void {
    this.log(1, line);
  }

  warn(line: string): void {
    this.log(2, line);
  }

  error(line: string): void {
    this.log(3, line);
  }

  private log(level: number, line: string): void {
    if (level >= this.level) this.write(`${LEVELS[level]} ${line}\n`);
  }
}
