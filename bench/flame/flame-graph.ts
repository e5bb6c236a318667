// A flame graph as SVG (the picture is Brendan Gregg's, "The Flame Graph", ACM Queue 2016): a frame is as wide as the share
// of samples that passed through it, callees stand on their callers, neighbours are in alphabetical order. JavaScript,
// native code and the kernel have colours of their own; the full name is the tooltip. Pure.
import { element, textElement } from "../charts/svg";
import type { FoldedStacks } from "./stacks";

const WIDTH = 1400;
const ROW = 17;
const TOP = 40;
const CHARACTER = 6.6;
const NARROWEST = 0.4;

class Frame {
  samples = 0;
  readonly callees = new Map<string, Frame>();

  constructor(readonly name: string) {}

  callee(name: string): Frame {
    let frame = this.callees.get(name);
    if (frame === undefined) this.callees.set(name, (frame = new Frame(name)));
    return frame;
  }
}

export function flameGraph(title: string, stacks: FoldedStacks): string {
  const root = new Frame("all");
  for (const [stack, samples] of stacks) {
    let frame = root;
    frame.samples += samples;
    for (const name of stack.split(";")) {
      frame = frame.callee(name);
      frame.samples += samples;
    }
  }
  const scale = WIDTH / Math.max(1, root.samples);
  const height = TOP + ROW * (depthOf(root, scale) + 1);
  const shapes: string[] = [];
  draw(root, 0, height - ROW, scale, root.samples, shapes);
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width: WIDTH,
    height,
    viewBox: `0 0 ${WIDTH} ${height}`,
    "font-family": "monospace",
    "font-size": 11,
  };
  const background = element("rect", { width: WIDTH, height, fill: "#ffffff" });
  const head = textElement(`${title} (${root.samples} samples)`, 8, 22, { "font-size": 15 });
  return `${element("svg", attributes, [background, head, "\n", shapes.join("\n"), "\n"])}\n`;
}

/** Rows that are drawn above a frame. */
function depthOf(frame: Frame, scale: number): number {
  let depth = 0;
  for (const callee of frame.callees.values()) {
    if (callee.samples * scale >= NARROWEST) depth = Math.max(depth, 1 + depthOf(callee, scale));
  }
  return depth;
}

function draw(frame: Frame, x: number, y: number, scale: number, total: number, shapes: string[]): void {
  const width = frame.samples * scale;
  if (width < NARROWEST) return;
  const share = ((frame.samples / total) * 100).toFixed(2);
  const box = element("rect", { x, y, width, height: ROW - 1, fill: colour(frame.name), rx: 1 });
  const tooltip = textual("title", `${frame.name} (${frame.samples} samples, ${share} %)`);
  const letters = Math.floor((width - 4) / CHARACTER);
  const label = letters < 3 ? [] : [textElement(frame.name.slice(0, letters), x + 2, y + 12)];
  shapes.push(element("g", {}, [tooltip, box, ...label]));
  let at = x;
  for (const callee of [...frame.callees.values()].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    draw(callee, at, y - ROW, scale, total, shapes);
    at += callee.samples * scale;
  }
}

function textual(name: string, text: string): string {
  return element(name, {}, [text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")]);
}

/** Green: JavaScript; yellow: native; orange: the kernel. A little different from name to name. */
function colour(name: string): string {
  let hash = 0;
  for (let at = 0; at < name.length; at++) hash = (hash * 31 + name.charCodeAt(at)) % 9973;
  const hue = name.endsWith("_[k]")
    ? 22
    : /^(JS|LazyCompile|Function|Script|Eval|RegExp|Builtin):/.test(name)
      ? 120
      : 48;
  return `hsl(${hue + (hash % 14) - 7}, ${60 + (hash % 20)}%, ${62 + (hash % 15)}%)`;
}
