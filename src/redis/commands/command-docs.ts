// COMMAND DOCS: what commands are for, as far as they are in the table (documentation/ holds the texts).
import type { ReplyWriter } from "../../resp/index";
import type { Command, CommandContext } from "../command";
import type { DocumentedArgument, DocumentedCommand } from "../documentation/documented-command";

/** COMMAND DOCS [name …]: unknown names are left out. */
export function docs({ args, reply, server }: CommandContext): void {
  const { table } = server;
  const named = Array.from({ length: args.count - 2 }, (_, i) =>
    table.byFullName(args.string(i + 2).toLowerCase()),
  );
  const wanted =
    args.count === 2 ? table.all : named.filter((command): command is Command => command !== undefined);
  reply.map(wanted.length);
  for (const command of wanted) writeCommand(reply, server.documentation, command);
}

type Documentation = ReadonlyMap<string, DocumentedCommand>;

function writeCommand(reply: ReplyWriter, documentation: Documentation, command: Command): void {
  const { spec, name, subcommands } = command;
  const documented = documentation.get(name);
  const isDeprecated = documented?.deprecatedSince !== undefined;
  const hasArguments = documented !== undefined && documented.arguments.length > 0;
  reply.bulk(name);
  reply.map(4 + (isDeprecated ? 2 : 0) + (hasArguments ? 1 : 0) + (subcommands.length > 0 ? 1 : 0));
  const text = (key: string, value: string): void => {
    reply.bulk(key);
    reply.bulk(value);
  };
  // HELP is the same for every container.
  const isHelp = documented === undefined && spec.name === "help";
  text("summary", documented?.summary ?? (isHelp ? "Lists the subcommands." : ""));
  text("since", documented?.since ?? spec.since);
  text("group", documented?.group ?? spec.group);
  text("complexity", documented?.complexity ?? "O(1)");
  if (documented?.deprecatedSince !== undefined) {
    reply.bulk("doc_flags");
    reply.set(1);
    reply.simple("deprecated");
    text("deprecated_since", documented.deprecatedSince);
  }
  if (hasArguments) {
    reply.bulk("arguments");
    writeArguments(reply, documented.arguments);
  }
  if (subcommands.length > 0) {
    reply.bulk("subcommands");
    reply.map(subcommands.length);
    for (const subcommand of subcommands) writeCommand(reply, documentation, subcommand);
  }
}

function writeArguments(reply: ReplyWriter, list: readonly DocumentedArgument[]): void {
  reply.array(list.length);
  for (const argument of list) {
    const { flags, keySpecification } = argument;
    const entries: (readonly [string, string | undefined])[] = [
      ["name", argument.name],
      ["type", argument.type],
      ["token", argument.token],
      ["since", argument.since],
      ["deprecated_since", argument.deprecatedSince],
    ];
    const given = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
    const others = [keySpecification !== undefined, flags.length > 0, argument.arguments.length > 0];
    reply.map(given.length + others.filter(Boolean).length);
    for (const [key, value] of given) {
      reply.bulk(key);
      reply.bulk(value);
      if (key === "type" && keySpecification !== undefined) {
        reply.bulk("key_spec_index");
        reply.integer(keySpecification);
      }
    }
    if (flags.length > 0) {
      reply.bulk("flags");
      reply.set(flags.length);
      for (const flag of flags) reply.simple(flag);
    }
    if (argument.arguments.length > 0) {
      reply.bulk("arguments");
      writeArguments(reply, argument.arguments);
    }
  }
}
