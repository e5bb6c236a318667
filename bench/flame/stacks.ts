// Stacks of a profile, folded: one line per distinct stack with the number of its samples, which is what flame graphs are
// drawn from and what other viewers read. Here from the text of `perf script`. Pure.

/** Samples by stack; frames from the outermost to the innermost, with `;` between them. */
export type FoldedStacks = ReadonlyMap<string, number>;

const HEAD = /^(\S.*?)\s+\d+(?:\/\d+)?\s*$/;
const FRAME = /^\s+[0-9a-f]+ (.*?)(?: \((.*)\))?$/;

/** Folds `perf script -F comm,pid,tid,ip,sym,dso`; the outermost frame is the thread's name. `root` is cut from paths. */
export function foldPerfScript(text: string, root: string): FoldedStacks {
  const folded = new Map<string, number>();
  let thread: string | undefined;
  let frames: string[] = [];
  const end = (): void => {
    if (thread !== undefined) {
      const stack = [thread, ...frames.reverse()].join(";");
      folded.set(stack, (folded.get(stack) ?? 0) + 1);
    }
    thread = undefined;
    frames = [];
  };
  for (const line of text.split("\n")) {
    const frame = FRAME.exec(line);
    if (frame !== null) {
      frames.push(frameName(frame[1] ?? "", frame[2] ?? "", root));
      continue;
    }
    end();
    thread = HEAD.exec(line)?.[1]?.replaceAll(";", ":");
  }
  end();
  return folded;
}

function frameName(symbol: string, place: string, root: string): string {
  const file = place.slice(place.lastIndexOf("/") + 1);
  if (symbol === "[unknown]") return file === "" || file === "[unknown]" ? symbol : `[${file}]`;
  const inKernel = place.startsWith("[kernel") || place.startsWith("[guest.kernel");
  const name = symbol.replaceAll(`${root}/build/`, "").replaceAll(";", ":");
  return inKernel ? `${name}_[k]` : name;
}

export function foldedText(stacks: FoldedStacks): string {
  return [...stacks].map(([stack, samples]) => `${stack} ${samples}\n`).join("");
}

export interface FrameShare {
  readonly frame: string;
  readonly share: number;
}

/** The share of samples in which a frame was innermost, highest first: where the time itself goes. */
export function innermost(stacks: FoldedStacks): FrameShare[] {
  return sharesOf(stacks, (stack) => stack.slice(stack.lastIndexOf(";") + 1));
}

/** The share of each thread, highest first. */
export function threads(stacks: FoldedStacks): FrameShare[] {
  return sharesOf(stacks, (stack) => stack.split(";", 1)[0]!);
}

function sharesOf(stacks: FoldedStacks, frameOf: (stack: string) => string): FrameShare[] {
  const own = new Map<string, number>();
  let total = 0;
  for (const [stack, samples] of stacks) {
    const frame = frameOf(stack);
    own.set(frame, (own.get(frame) ?? 0) + samples);
    total += samples;
  }
  return [...own]
    .map(([frame, samples]) => ({ frame, share: samples / total }))
    .sort((one, other) => other.share - one.share);
}
