// A picture of what happened around a failure: an SVG with true time downwards, a lane for each node (wide while it leads, broken
// while it is down), an arrow for each message between nodes (broken where it was lost), and beside them what was noted and
// what clients sent and saw. Drawn from a run that was recorded.
import { commandText } from "../history";
import type { Operation, WorldEvent } from "../history";
import { MessageType, messageTypeName } from "../../../src/raft/core/message";
import type { Message } from "../../../src/raft/core/index";
import type { Passage } from "./network";

export interface Recording {
  readonly nodeIds: readonly number[];
  readonly passages: readonly Passage[];
  readonly events: readonly WorldEvent[];
  readonly operations: readonly Operation[];
  /** When each step happened. */
  readonly stepTimes: readonly number[];
}

const BEFORE_MS = 300;
const BEHIND_MS = 40;
const PIXELS_A_MS = 6;
const TOP = 50;
const NOTES_WIDTH = 330;
const LANE_WIDTH = 230;
const CLIENTS_WIDTH = 620;
const LINE_PIXELS = 11;

export function pictureOf(recording: Recording, title: string, failedStep: number): string {
  return new Picture(recording, failedStep).draw(title);
}

class Picture {
  private readonly parts: string[] = [];
  private readonly beginMs: number;
  private readonly endMs: number;

  constructor(
    private readonly recording: Recording,
    failedStep: number,
  ) {
    const failedMs = this.timeOf(failedStep);
    this.beginMs = Math.max(0, failedMs - BEFORE_MS);
    this.endMs = failedMs + BEHIND_MS;
    this.line(0, this.y(failedMs), this.width, this.y(failedMs), "stroke:#d00;stroke-width:1");
  }

  draw(title: string): string {
    this.drawLanes();
    for (const passage of this.recording.passages) this.drawPassage(passage);
    this.drawNotes();
    this.drawOperations();
    const height = this.y(this.endMs) + 20;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${height}" font-family="monospace" font-size="9">`,
      `<defs><marker id="tip" markerWidth="6" markerHeight="6" refX="5" refY="3" orient="auto"><path d="M0,0L6,3L0,6z"/></marker></defs>`,
      `<rect width="100%" height="100%" fill="#fff"/>`,
      `<text x="8" y="16" font-size="12">${escaped(title)}</text>`,
      ...this.parts,
      "</svg>\n",
    ].join("\n");
  }

  private get width(): number {
    return NOTES_WIDTH + LANE_WIDTH * this.recording.nodeIds.length + CLIENTS_WIDTH;
  }

  private timeOf(step: number): number {
    return this.recording.stepTimes[step] ?? this.recording.stepTimes.at(-1) ?? 0;
  }

  private y(ms: number): number {
    return TOP + Math.round((ms - this.beginMs) * PIXELS_A_MS);
  }

  private x(nodeId: number): number {
    return NOTES_WIDTH + LANE_WIDTH * (this.recording.nodeIds.indexOf(nodeId) + 0.5);
  }

  private isShown(ms: number): boolean {
    return ms >= this.beginMs && ms <= this.endMs;
  }

  private line(x1: number, y1: number, x2: number, y2: number, style: string, marker = ""): void {
    this.parts.push(`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" style="${style}"${marker}/>`);
  }

  private text(x: number, y: number, text: string, color: string): void {
    this.parts.push(
      `<text x="${Math.round(x)}" y="${Math.round(y)}" fill="${color}">${escaped(text)}</text>`,
    );
  }

  // ── Lanes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  private drawLanes(): void {
    for (const nodeId of this.recording.nodeIds) {
      this.text(this.x(nodeId) - 8, TOP - 8, `n${nodeId}`, "#000");
      let style = "down";
      let sinceMs = 0;
      for (const { step, text } of this.recording.events) {
        const next = text.startsWith(`n${nodeId}: `) ? styleAfter(text) : undefined;
        if (next === undefined) continue;
        this.drawLane(nodeId, sinceMs, this.timeOf(step), style);
        style = next;
        sinceMs = this.timeOf(step);
      }
      this.drawLane(nodeId, sinceMs, this.endMs, style);
    }
  }

  private drawLane(nodeId: number, fromMs: number, toMs: number, style: string): void {
    const begin = Math.max(fromMs, this.beginMs);
    const end = Math.min(toMs, this.endMs);
    if (begin >= end) return;
    const x = this.x(nodeId);
    this.line(x, this.y(begin), x, this.y(end), LANE_STYLES[style]!);
  }

  private drawPassage({ batch, sentMs, arrivesMs }: Passage): void {
    if (!this.isShown(sentMs)) return;
    const text = batch.messages.map(({ message }) => messageText(message)).join(", ");
    const from = this.x(batch.from);
    const to = this.x(batch.to);
    const isLost = arrivesMs === undefined;
    const reach = isLost ? 0.4 : 1;
    const endX = from + (to - from) * reach;
    const endY = this.y(Math.min(isLost ? sentMs + 2 : arrivesMs, this.endMs));
    const color = isLost ? "#c00" : batch.lane === "bulk" ? "#06c" : "#888";
    const dash = isLost ? ";stroke-dasharray:3" : "";
    this.line(from, this.y(sentMs), endX, endY, `stroke:${color}${dash}`, ' marker-end="url(#tip)"');
    const side = Math.sign(to - from);
    this.text(from + (side > 0 ? 6 : -100), this.y(sentMs) - 2, isLost ? `${text} ✗` : text, color);
  }

  // ── Beside the lanes ──────────────────────────────────────────────────────────────────────────────────────────────

  private drawNotes(): void {
    const lines = this.recording.events.map(({ step, text }) => ({ ms: this.timeOf(step), text }));
    this.drawColumn(8, lines, "#900");
  }

  private drawOperations(): void {
    const lines: { ms: number; text: string }[] = [];
    for (const operation of this.recording.operations) {
      const { id, process, database, reply, invoked, returned, excluded, expects } = operation;
      if (expects !== undefined) continue;
      const name = `c${process} #${id} db${database} ${commandText(operation)}`;
      lines.push({ ms: this.timeOf(invoked), text: name });
      if (!Number.isFinite(returned)) continue;
      const outcome = excluded ? "not run, or without effect" : (reply ?? "unknown, took effect");
      lines.push({ ms: this.timeOf(returned), text: `${name} ⇒ ${outcome}` });
    }
    lines.sort((one, other) => one.ms - other.ms);
    this.drawColumn(NOTES_WIDTH + LANE_WIDTH * this.recording.nodeIds.length, lines, "#000");
  }

  /** Lines one below the other, each as near to its time as there is room. */
  private drawColumn(x: number, lines: readonly { ms: number; text: string }[], color: string): void {
    let last = 0;
    for (const { ms, text } of lines) {
      if (!this.isShown(ms)) continue;
      last = Math.max(this.y(ms), last + LINE_PIXELS);
      this.text(x, last, `${ms.toFixed(1)} ${text}`, color);
    }
  }
}

const LANE_STYLES: Readonly<Record<string, string>> = {
  down: "stroke:#bbb;stroke-width:2;stroke-dasharray:2 6",
  up: "stroke:#444;stroke-width:2",
  leads: "stroke:#090;stroke-width:7",
};

function styleAfter(text: string): string | undefined {
  if (text.includes("leads in term")) return "leads";
  if (text.endsWith("starts") || text.endsWith("leadership lost")) return "up";
  return /: (kill|powerLoss|stop|exits)/.test(text) && !text.includes("stopped") ? "down" : undefined;
}

function messageText({ type, term, index, entries, commit, reject }: Message): string {
  const name = messageTypeName(type).replace("Msg", "");
  const refused = reject ? " refused" : "";
  if (type === MessageType.app) return `${name} t${term} ${index}+${entries.length} c${commit}`;
  return `${name} t${term}${index > 0 ? ` ${index}` : ""}${refused}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
