// COMMAND: what the command table says about itself.
import type { ByteString } from "../../base/index";
import type { ReplyWriter } from "../../resp/index";
import type { CommandContext, CommandSpec, KeySpecification } from "../command";
import { ERR_SYNTAX } from "../errors";
import { Glob } from "../glob";
import { docs } from "./command-docs";
import { getkeys, getkeysandflags } from "./command-keys";
import { containerOf, helpOf } from "./containers";

/** Simple strings, as a set where the protocol has one. */
function words(reply: ReplyWriter, texts: readonly string[], prefix = ""): void {
  reply.set(texts.length);
  for (const text of texts) reply.simple(prefix + text);
}

/** The ten elements by which Redis 7 describes a command. `name` is its full name: "config|get". */
function describe(reply: ReplyWriter, spec: CommandSpec, name: ByteString): void {
  reply.array(10);
  reply.bulk(name);
  reply.integer(spec.arity);
  words(reply, spec.flags);
  for (const position of spec.keys) reply.integer(position);
  words(reply, spec.categories, "@");
  const tips = spec.tips ?? [];
  reply.set(tips.length);
  for (const tip of tips) reply.bulk(tip);
  describeKeys(reply, spec);
  const subcommands = spec.subcommands ?? [];
  if (subcommands.length === 0) reply.set(0);
  else reply.array(subcommands.length);
  for (const subcommand of subcommands) describe(reply, subcommand, `${name}|${subcommand.name}`);
}

/** The key specifications; without any of its own, the one that the command's key positions amount to. */
function describeKeys(reply: ReplyWriter, spec: CommandSpec): void {
  const { keys, keyAccess: access = [] } = spec;
  if (keys[0] === 0) return reply.set(0);
  const specifications = spec.keySpecifications ?? [{ keys, access }];
  reply.set(specifications.length);
  for (const specification of specifications) describeKeysOf(reply, specification, spec.keyNotes);
}

/** Where keys begin, how they go on, and what is done with them. */
function describeKeysOf(reply: ReplyWriter, { keys, access }: KeySpecification, notes?: string): void {
  const [first, last, step] = keys;
  reply.map(notes === undefined ? 3 : 4);
  if (notes !== undefined) {
    reply.bulk("notes");
    reply.bulk(notes);
  }
  reply.bulk("flags");
  words(reply, access);
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply.bulk("index");
  reply.integer(first);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk("lastkey");
  reply.integer(last < 0 ? last : last - first);
  reply.bulk("keystep");
  reply.integer(step);
  reply.bulk("limit");
  reply.integer(0);
}

function everything({ reply, server }: CommandContext): void {
  const { all } = server.table;
  reply.array(all.length);
  for (const { spec } of all) describe(reply, spec, spec.name);
}

function count({ reply, server }: CommandContext): void {
  reply.integer(server.table.all.length);
}

function info(context: CommandContext): void {
  const { args, reply, server } = context;
  if (args.count === 2) return everything(context);
  reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) {
    const name = args.string(i).toLowerCase();
    const spec = server.table.byFullName(name)?.spec;
    if (spec === undefined) reply.null();
    else describe(reply, spec, name);
  }
}

/** COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern], with subcommands. */
function list({ args, reply, server }: CommandContext): void {
  let wanted: (spec: CommandSpec, name: ByteString) => boolean = () => true;
  if (args.count === 5 && args.isWord(2, "FILTERBY")) {
    const operand = args.string(4);
    const category = operand.toLowerCase();
    const pattern = new Glob(operand, true);
    if (args.isWord(3, "MODULE")) wanted = () => false;
    else if (args.isWord(3, "ACLCAT")) wanted = (spec) => spec.categories.includes(category);
    else if (args.isWord(3, "PATTERN")) wanted = (_, name) => pattern.matches(name);
    else return reply.error(ERR_SYNTAX);
  } else if (args.count !== 2) {
    return reply.error(ERR_SYNTAX);
  }
  const names: ByteString[] = [];
  for (const { spec } of server.table.all) {
    if (wanted(spec, spec.name)) names.push(spec.name);
    for (const subcommand of spec.subcommands ?? []) {
      const name = `${spec.name}|${subcommand.name}`;
      if (wanted(subcommand, name)) names.push(name);
    }
  }
  reply.array(names.length);
  for (const name of names) reply.bulk(name);
}

const OF_COMMAND = {
  flags: ["loading", "stale"],
  keys: [0, 0, 0],
  categories: ["slow", "connection"],
  group: "server",
} as const;
const UNORDERED = { tips: ["nondeterministic_output_order"] } as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "count", arity: 2, since: "2.8.13", ...OF_COMMAND, function: { kind: "immediate", run: count } },
  {
    name: "getkeys",
    arity: -4,
    since: "2.8.13",
    ...OF_COMMAND,
    function: { kind: "immediate", run: getkeys },
  },
  {
    name: "getkeysandflags",
    arity: -4,
    since: "7.0.0",
    ...OF_COMMAND,
    function: { kind: "immediate", run: getkeysandflags },
  },
  {
    name: "info",
    arity: -2,
    since: "2.8.13",
    ...OF_COMMAND,
    ...UNORDERED,
    function: { kind: "immediate", run: info },
  },
  {
    name: "list",
    arity: -2,
    since: "7.0.0",
    ...OF_COMMAND,
    ...UNORDERED,
    function: { kind: "immediate", run: list },
  },
  {
    name: "docs",
    arity: -2,
    since: "7.0.0",
    ...OF_COMMAND,
    ...UNORDERED,
    function: { kind: "immediate", run: docs },
  },
];
const ALL_SUBCOMMANDS = [...SUBCOMMANDS, helpOf("command", SUBCOMMANDS, ["slow", "connection"])];

export const INTROSPECTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "command",
    arity: -1,
    ...OF_COMMAND,
    ...UNORDERED,
    since: "2.8.13",
    function: containerOf("command", everything),
    subcommands: ALL_SUBCOMMANDS,
  },
];
