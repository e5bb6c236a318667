// All suites, in the order of a request's way: a new one is a line here.
import type { MicroSuite } from "./suite";
import { suite as apply } from "./apply";
import { suite as client } from "./client";
import { suite as encoder } from "./encoder";
import { suite as logAppend } from "./log-append";
import { suite as nativeGet } from "./native-get";
import { suite as overlay } from "./overlay";
import { suite as packing } from "./packing";
import { suite as parser } from "./parser";
import { suite as raft } from "./raft";
import { suite as respThresholds } from "./resp-thresholds";
import { suite as rowCache } from "./row-cache";

export const suites: readonly MicroSuite[] = [
  parser,
  encoder,
  client,
  respThresholds,
  packing,
  overlay,
  rowCache,
  nativeGet,
  raft,
  logAppend,
  apply,
];
