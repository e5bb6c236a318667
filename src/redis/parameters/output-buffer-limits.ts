// client-output-buffer-limit as Redis writes it: groups of class, hard limit, soft limit, seconds. Pure.
import { parseMemory } from "./parameter";
import type { Judged } from "./parameter";
import type { ClientClass, OutputBufferLimit } from "./live-settings";

export type OutputBufferLimits = Record<ClientClass, OutputBufferLimit>;

const CLASS_OF: ReadonlyMap<string, ClientClass> = new Map([
  ["normal", "normal"],
  ["slave", "replica"],
  ["replica", "replica"],
  ["pubsub", "pubsub"],
]);
const WORDS_OF_A_CLASS = 4;

/** Classes that are not named keep what they have. */
export function parseOutputBufferLimits(
  text: string,
  present: OutputBufferLimits,
): Judged<OutputBufferLimits> {
  const words = text === "" ? [] : text.split(" ");
  if (words.length % WORDS_OF_A_CLASS !== 0) {
    return { problem: "Wrong number of arguments in buffer limit configuration." };
  }
  const limits = { ...present };
  for (let at = 0; at < words.length; at += WORDS_OF_A_CLASS) {
    const [name = "", hard = "", soft = "", seconds = ""] = words.slice(at, at + WORDS_OF_A_CLASS);
    const clientClass = CLASS_OF.get(name.toLowerCase());
    if (clientClass === undefined) {
      return { problem: "Invalid client class specified in buffer limit configuration." };
    }
    const hardBytes = parseMemory(hard);
    const softBytes = parseMemory(soft);
    if (hardBytes === undefined || softBytes === undefined || !/^[0-9]{1,15}$/.test(seconds)) {
      return { problem: "Error in hard, soft or soft_seconds setting in buffer limit configuration." };
    }
    limits[clientClass] = {
      hardBytes: Number(hardBytes),
      softBytes: Number(softBytes),
      softSeconds: Number(seconds),
    };
  }
  return { value: limits };
}

export function showOutputBufferLimits(limits: OutputBufferLimits): string {
  const of = (shown: string, { hardBytes, softBytes, softSeconds }: OutputBufferLimit): string =>
    `${shown} ${hardBytes} ${softBytes} ${softSeconds}`;
  return [of("normal", limits.normal), of("slave", limits.replica), of("pubsub", limits.pubsub)].join(" ");
}
