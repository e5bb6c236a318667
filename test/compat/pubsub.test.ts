// Publish and subscribe over several connections, compared with redis-server step by step: after each command everything
// that every connection has received. BASALT_TEST_SEED gives the seed, BASALT_COMPAT_STEPS the number of commands.
import { SeededRandom } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import { BasaltProcess, temporaryDirectory } from "../integration/support/basalt-process";
import { FrameClient } from "./frame-client";
import { ReferenceServer } from "./reference-server";

const CHANNELS = ["news", "news:1", "news:2", "a", "b\r\n\x00", "n*"];
const PATTERNS = ["*", "news*", "news:?", "news:[12]", "n\\*", "?", "x*", "[ab]*"];
/** Clients that never subscribe; without them soon nobody could publish. */
const PUBLISHERS: ReadonlySet<number> = new Set([2, 4]);
const SEED = Number(process.env["BASALT_TEST_SEED"] ?? 7);
const STEPS = Number(process.env["BASALT_COMPAT_STEPS"] ?? 600);

interface Client {
  /** It speaks RESP3, and so may do everything while it subscribes. */
  readonly isThree: boolean;
  subscribes: boolean;
  inMulti: boolean;
  readonly ends: readonly FrameClient[];
}

function some(random: SeededRandom, words: readonly ByteString[], most = 3): ByteString[] {
  return Array.from({ length: random.between(1, most) }, () => random.pick(words));
}

function subscribing(random: SeededRandom): ByteString[] {
  const choices: (() => ByteString[])[] = [
    () => ["SUBSCRIBE", ...some(random, CHANNELS)],
    () => ["SUBSCRIBE", ...some(random, CHANNELS)],
    () => ["PSUBSCRIBE", ...some(random, PATTERNS)],
    () => ["SSUBSCRIBE", ...some(random, CHANNELS)],
    () => ["UNSUBSCRIBE", ...some(random, CHANNELS)],
    () => ["PUNSUBSCRIBE", ...some(random, PATTERNS)],
    () => ["SUNSUBSCRIBE", ...some(random, CHANNELS)],
    () => [random.pick(["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])],
    () => ["PING", "x"],
    () => ["SUBSCRIBE"],
  ];
  return random.pick(choices)();
}

function asking(random: SeededRandom, step: number): ByteString[] {
  const choices: (() => ByteString[])[] = [
    () => ["PUBLISH", random.pick(CHANNELS), `m${step}`],
    () => ["PUBLISH", random.pick(CHANNELS), `m${step}`],
    () => ["PUBLISH", random.pick(CHANNELS), `m${step}\r\n\xff`],
    () => ["SPUBLISH", random.pick(CHANNELS), `m${step}`],
    () => ["PUBSUB", "NUMSUB", ...some(random, CHANNELS)],
    () => ["PUBSUB", "SHARDNUMSUB", ...some(random, CHANNELS)],
    () => ["PUBSUB", "NUMPAT"],
    () => ["PUBSUB", "CHANNELS"],
    () => ["PUBSUB", random.pick(["CHANNELS", "SHARDCHANNELS"]), random.pick(PATTERNS)],
    () => ["PUBSUB", random.pick(["NUMSUB", "NUMPAT", "CHANNELS"]), "a", "b"],
    () => ["SET", "k", String(step)],
    () => ["GET", "k"],
    () => ["PUBLISH", "news"],
  ];
  return random.pick(choices)();
}

/** Where Redis's order is that of a hash table, it carries no meaning: such frames are sorted. */
function comparable(words: readonly ByteString[], frames: readonly string[]): string[] {
  const name = words[0]!.toUpperCase();
  if (name === "PUBSUB" && words[1] !== "NUMSUB" && words[1] !== "SHARDNUMSUB") {
    return frames.map((frame) =>
      frame
        .replace(/^\*\[|\]$/g, "")
        .split(" ")
        .sort()
        .join(" "),
    );
  }
  if (/^[PS]?UNSUBSCRIBE$/.test(name) && words.length === 1) {
    const counts = frames.map((frame) => /:(\d+)\]$/.exec(frame)?.[1] ?? frame);
    return [...frames.map((frame) => frame.replace(/:\d+\]$/, "]")).sort(), ...counts];
  }
  const runs: string[][] = [];
  for (const frame of frames) {
    const last = runs[runs.length - 1];
    const isOfPattern = frame.includes('"pmessage"');
    if (isOfPattern && last?.[0]?.includes('"pmessage"') === true && payload(last[0]) === payload(frame))
      last.push(frame);
    else runs.push([frame]);
  }
  return runs.flatMap((run) => run.sort());
}

function payload(frame: string): string {
  return frame.slice(frame.lastIndexOf(" "));
}

/** What everybody has received when the client that acts has had its answer, first by Redis, then by Basalt. */
async function stepTaken(
  clients: readonly Client[],
  acting: Client,
  words: readonly ByteString[],
): Promise<string[][][]> {
  const takenBy = ({ ends }: Client): Promise<string[][]> =>
    Promise.all(ends.map(async (end) => comparable(words, await end.taken())));
  const first = await takenBy(acting);
  const taken = await Promise.all(
    clients.map((client) => (client === acting ? Promise.resolve(first) : takenBy(client))),
  );
  return [0, 1].map((side) => taken.map((each) => each[side]!));
}

test("random conversations of several clients", async () => {
  const reference = await ReferenceServer.start();
  if (reference === undefined) {
    process.stdout.write("skipped: redis-server is not installed\n");
    return;
  }
  process.stdout.write(`pub/sub: seed ${SEED} (BASALT_TEST_SEED), ${STEPS} commands\n`);
  const directory = temporaryDirectory("compat-pubsub");
  const basalt = await BasaltProcess.start({ directory: directory.path });
  const ports = [reference.port, basalt.redisPort];
  const random = new SeededRandom(SEED);
  const history: string[] = [];
  let messages = 0;
  const arrive = async (isThree: boolean): Promise<Client> => {
    const ends = await Promise.all(ports.map((port) => FrameClient.connect(port)));
    for (const end of ends) {
      if (isThree) end.send(["HELLO", "3"]);
      await end.taken();
    }
    return { isThree, subscribes: false, inMulti: false, ends };
  };
  try {
    const clients = await Promise.all([false, false, false, true, true].map(arrive));
    for (let step = 0; step < STEPS; step++) {
      const at = random.chance(0.4) ? random.pick([...PUBLISHERS]) : random.below(clients.length);
      const client = clients[at]!;
      let words: ByteString[];
      if (client.inMulti) {
        // What is published within an EXEC to whoever runs it, 7.0 puts among the replies, 7.2 and Basalt behind them.
        words = random.chance(0.3) ? ["EXEC"] : random.chance(0.1) ? ["DISCARD"] : asking(random, step);
        // The order of channels is not known within a reply.
        if (words[1]?.endsWith("CHANNELS") === true) words = ["PUBSUB", "NUMPAT"];
        if (words[0] === "EXEC" || words[0] === "DISCARD") client.inMulti = false;
      } else if (random.chance(0.03)) {
        words = ["RESET"];
        if (client.isThree) words = ["PING"];
        else client.subscribes = false;
      } else if (random.chance(PUBLISHERS.has(at) ? 0 : 0.6)) {
        words = subscribing(random);
        client.subscribes = true;
      } else if (!client.subscribes && random.chance(0.1)) {
        words = ["MULTI"];
        client.inMulti = true;
      } else {
        words = asking(random, step);
        // The same holds for what a client publishes to itself.
        if (client.isThree && client.subscribes && words[0] === "PUBLISH") words = ["GET", "k"];
        if (client.isThree && client.subscribes && words[0] === "SPUBLISH") words = ["PUBSUB", "NUMPAT"];
      }
      history.push(`${at} ${words.map((word) => JSON.stringify(word)).join(" ")}`);
      for (const end of client.ends) end.send(words);
      const [ofRedis, ofBasalt] = await stepTaken(clients, client, words);
      messages += ofBasalt!.flat().filter((frame) => frame.includes("message")).length;
      expect({ history: history.slice(-15), frames: ofBasalt }).toEqual({
        history: history.slice(-15),
        frames: ofRedis,
      });
    }
    expect(messages).toBeGreaterThan(STEPS / 10);
    for (const { ends } of clients) for (const end of ends) end.close();
  } finally {
    await reference.stop();
    await basalt.kill();
    directory.remove();
  }
}, 120_000);

/** What one client is answered, command by command: words that change who it is, or that are wrong. */
const CONVERSATIONS: readonly (readonly string[])[] = [
  ["AUTH x", "AUTH default x", "AUTH nobody x", "AUTH a b c", "AUTH", "ACL WHOAMI", "ACL USERS", "ACL LIST"],
  ["ACL CAT nosuch", "ACL CAT a b", "ACL NOSUCH", "ACL", "ACL CAT"],
  [
    "CLIENT PAUSE",
    "CLIENT PAUSE a",
    "CLIENT PAUSE -1",
    "CLIENT PAUSE 1 x",
    "CLIENT PAUSE 0 WRITE",
    "CLIENT UNPAUSE",
  ],
  ["CLIENT KILL", "CLIENT KILL 1.1.1.1:1", "CLIENT KILL ID 0", "CLIENT KILL ID x", "CLIENT KILL ID 99999"],
  ["CLIENT KILL TYPE x", "CLIENT KILL TYPE pubsub", "CLIENT KILL USER nobody", "CLIENT KILL FOO bar"],
  ["CLIENT KILL ID 1 SKIPME", "CLIENT KILL ID 1 SKIPME x", "CLIENT KILL ADDR 1.1.1.1:1 LADDR 2.2.2.2:2"],
  [
    "CLIENT LIST TYPE x",
    "CLIENT LIST TYPE pubsub",
    "CLIENT LIST ID",
    "CLIENT LIST ID x",
    "CLIENT LIST ID 9999 9998",
  ],
  ["CLIENT LIST FOO", "CLIENT LIST TYPE", "CLIENT NO-EVICT x", "CLIENT NO-EVICT on", "CLIENT INFO x"],
  [
    "CLIENT REPLY x",
    "CLIENT REPLY ON",
    "CLIENT REPLY SKIP",
    "PING",
    "PING",
    "CLIENT REPLY SKIP",
    "GET a",
    "GET a",
  ],
  ["CLIENT UNBLOCK x", "CLIENT UNBLOCK 99999", "CLIENT UNBLOCK 99999 x", "CLIENT UNBLOCK 99999 ERROR"],
  [
    "CLIENT TRACKING x",
    "CLIENT TRACKING off",
    "CLIENT CACHING yes",
    "CLIENT GETREDIR",
    "CLIENT TRACKINGINFO",
  ],
  ["MULTI", "EXEC x", "EXEC", "MULTI", "MONITOR", "EXEC", "RESET", "GET a"],
  [
    "SUBSCRIBE a",
    "GET a",
    "CLIENT ID",
    "HELLO 3",
    "PING",
    "PING x",
    "PING x y",
    "NOSUCH",
    "GET",
    "RESET",
    "GET a",
  ],
  ["MULTI", "SUBSCRIBE x y", "PSUBSCRIBE z", "UNSUBSCRIBE x", "EXEC", "PING", "RESET"],
  [
    "HELLO 3",
    "SUBSCRIBE a",
    "GET a",
    "CLIENT TRACKINGINFO",
    "UNSUBSCRIBE",
    "PSUBSCRIBE a",
    "PUNSUBSCRIBE",
    "RESET",
  ],
  ["SELECT 3", "SET k v", "WATCH k", "MULTI", "RESET", "GET k", "EXEC", "DISCARD"],
  ["MONITOR", "GET a", "SET a b", "RESET", "GET a"],
];

test("conversations of one client", async () => {
  const reference = await ReferenceServer.start();
  if (reference === undefined) return;
  const directory = temporaryDirectory("compat-conversations");
  const basalt = await BasaltProcess.start({ directory: directory.path });
  try {
    for (const conversation of CONVERSATIONS) {
      const answers: string[][] = [];
      for (const port of [reference.port, basalt.redisPort]) {
        const client = await FrameClient.connect(port);
        const answer: string[] = [];
        for (const command of conversation) {
          const mutes = command === "CLIENT REPLY SKIP";
          client.send(command.split(" "));
          // The PING that ends a step would be what is kept back.
          const frames = mutes ? [] : await client.taken();
          const shown = frames
            .filter((frame) => !/^\+"\d+\.\d+ \[/.test(frame))
            .map((frame) => frame.replace(/\$"7\.\d+\.\d+"/, "VERSION").replace(/\$"id" :\d+/, "ID"));
          answer.push(`${command} -> ${shown.join(" ")}`);
        }
        client.close();
        answers.push(answer);
      }
      expect(answers[1]).toEqual(answers[0]);
    }
  } finally {
    await reference.stop();
    await basalt.kill();
    directory.remove();
  }
}, 60_000);
