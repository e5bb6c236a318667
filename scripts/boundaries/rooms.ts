// The rooms of src/ in the order of the design's table, as data: a room imports only from rooms above its own line, only
// through their doors, and only those packages and Node modules that stand here.

/** How strictly a room is kept from the clock, from chance and from the outside. */
export type Purity =
  /** A pure state machine: no time, no chance, no I/O, no promises, nothing of the process. */
  | "pure"
  /** Time and randomness are handed in, so that simulation can replay it. */
  | "deterministic"
  | "free";

export interface Room {
  /** Folder below src/. */
  readonly folder: string;
  /** The line of the table it stands on; rooms of one line do not see each other. */
  readonly line: number;
  /** Packages and `node:` modules it may import; `node:*` is all of Node's. */
  readonly mayImport: readonly string[];
  readonly purity: Purity;
}

interface Line {
  readonly rooms: readonly Omit<Room, "line">[];
}

function room(folder: string, purity: Purity, ...mayImport: string[]): Omit<Room, "line"> {
  return { folder, purity, mayImport };
}

const TABLE: readonly Line[] = [
  { rooms: [room("base", "deterministic")] },
  {
    rooms: [
      room("config", "free", "node:fs", "smol-toml"),
      room(
        "observability",
        "free",
        "node:fs",
        "node:http",
        "node:net",
        "node:perf_hooks",
        "pino",
        "prom-client",
      ),
    ],
  },
  {
    rooms: [
      room("resp", "deterministic"),
      room("proto", "deterministic", "protobufjs", "protobufjs/minimal"),
    ],
  },
  { rooms: [room("storage", "free", "node:fs", "node:module", "node:path", "node:util")] },
  { rooms: [room("raft/core", "pure")] },
  { rooms: [room("raft/host", "deterministic")] },
  { rooms: [room("sharding/routing", "pure")] },
  { rooms: [room("kv", "deterministic")] },
  { rooms: [room("sharding/control", "deterministic")] },
  {
    rooms: [
      room("redis", "free", "node:*"),
      room("dynamodb", "free", "node:*"),
      room("grpc", "free", "node:*", "@grpc/grpc-js"),
      room("http", "free", "node:*"),
    ],
  },
  { rooms: [room("health", "free", "node:*"), room("client", "free", "node:*")] },
  { rooms: [room("server", "free", "node:*")] },
  { rooms: [room("cli", "free", "node:*")] },
];

export const ROOMS: readonly Room[] = TABLE.flatMap(({ rooms }, line) =>
  rooms.map((each) => ({ ...each, line })),
);

/** Folders inside a room that are held to a stricter purity than the room. */
export const STRICTER_FOLDERS: readonly { readonly folder: string; readonly purity: Purity }[] = [
  { folder: "storage/memory", purity: "deterministic" },
];

/** The only room that may load a native addon. */
export const ADDON_ROOM = "storage";

/** The room that a path below src/ belongs to. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.find(({ folder }) => path.startsWith(`${folder}/`));
}

export function purityOf(path: string): Purity {
  const stricter = STRICTER_FOLDERS.find(({ folder }) => path.startsWith(`${folder}/`));
  return stricter?.purity ?? roomOf(path)?.purity ?? "free";
}
