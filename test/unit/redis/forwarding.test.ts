// Commands given to a node that does not lead: they run on the one that does, once, and their replies come back; what becomes
// of transactions, watched keys, and answers that never come. And what reads need of a leader.
import { ERR_NOT_PROPOSED, ERR_UNKNOWN_OUTCOME } from "../../../src/redis/dispatch-errors";
import { ELECTION_MS, TICK_MS } from "../raft/host/host-cluster";
import { RedisCluster } from "./redis-cluster";

describe("a node that does not lead", () => {
  test("takes commands of every kind to the leader", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    expect(follower.call("SET", "key", "a\r\nb\u0000c")).toBe("OK");
    expect(follower.call("GET", "key")).toBe("a\r\nb\u0000c");
    expect(follower.call("INCR", "key")).toBe("ERR value is not an integer or out of range");
    expect(follower.call("HSET", "hash", "field", "1")).toBe(1);
    expect(follower.call("KEYS", "*")).toEqual(expect.arrayContaining(["key", "hash"]));
    expect(follower.call("DBSIZE")).toBe(2);
    expect(cluster.connect(1).call("GET", "key")).toBe("a\r\nb\u0000c");
    expect(cluster.connect(3).call("STRLEN", "key")).toBe(6);
    expect(follower.call("PING")).toBe("PONG");
  });

  test("takes database and protocol of its client along", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    expect(follower.call("SELECT", 3)).toBe("OK");
    follower.call("HSET", "hash", "field", "1");
    expect(follower.call("HGETALL", "hash")).toEqual(["field", "1"]);
    follower.call("HELLO", 3);
    expect(follower.call("HGETALL", "hash")).toEqual(new Map([["field", "1"]]));
    const leader = cluster.connect(1);
    expect(leader.call("EXISTS", "hash")).toBe(0);
    leader.call("SELECT", 3);
    expect(leader.call("EXISTS", "hash")).toBe(1);
  });

  test("keeps the order of a pipeline", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    follower.send("SET", "n", 1);
    follower.send("INCR", "n");
    follower.send("PING");
    follower.send("INCR", "n");
    for (let i = 0; i < 4; i++) cluster.settle();
    expect(follower.taken()).toEqual(["OK", 2, "PONG", 3]);
  });

  test("says that a command was not run while nobody is known to lead", () => {
    const cluster = new RedisCluster();
    expect(cluster.connect(2).call("SET", "key", 1)).toBe(ERR_NOT_PROPOSED);
    cluster.lead(1);
    cluster.forwarding.detach(1);
    expect(cluster.connect(2).call("SET", "key", 1)).toBe(ERR_NOT_PROPOSED);
  });

  test("does not send a command again whose answer never comes", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    follower.call("SET", "n", 1);
    follower.send("INCR", "n");
    cluster.hosts.settle();
    cluster.forwarding.detach(1);
    cluster.settle();
    expect(follower.taken()).toEqual([
      "UNKNOWN outcome unknown: the command was sent to the node that leads, and no answer came; it may or may not take effect, read before you repeat it",
    ]);
    cluster.settle();
    expect(cluster.connect(1).call("GET", "n")).toBe("1");
  });

  test("passes on that the leader lost its office meanwhile", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    follower.call("SET", "n", 1);
    cluster.hosts.isolate(1);
    follower.send("INCR", "n");
    cluster.pass(3 * ELECTION_MS);
    expect(follower.taken()).toEqual([ERR_UNKNOWN_OUTCOME]);
    expect(follower.call("GET", "n")).toBe("1");
  });
});

describe("transactions", () => {
  test("are queued here and run there as one", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    expect(follower.call("MULTI")).toBe("OK");
    expect(follower.call("SET", "a", "x")).toBe("QUEUED");
    expect(follower.call("SELECT", 5)).toBe("QUEUED");
    expect(follower.call("INCR", "b")).toBe("QUEUED");
    expect(follower.call("EXEC")).toEqual(["OK", "OK", 1]);
    expect(follower.call("EXISTS", "a", "b")).toBe(1);
    expect(follower.call("EXEC")).toBe("ERR EXEC without MULTI");
    follower.call("MULTI");
    expect(follower.call("NOSUCH")).toMatch(/^ERR unknown command/);
    expect(follower.call("EXEC")).toMatch(/^EXECABORT/);
    follower.call("MULTI");
    follower.call("CLIENT", "SETNAME", "me");
    expect(follower.call("EXEC")).toBe(
      "ERR A transaction that subscribes or changes its client cannot be taken to the node that leads; nothing was changed. Send it to that node",
    );
  });

  test("watch keys on the leader", () => {
    const cluster = new RedisCluster();
    cluster.lead(1);
    const follower = cluster.connect(2);
    const other = cluster.connect(3);
    const run = (): unknown => {
      follower.call("MULTI");
      follower.call("INCR", "n");
      return follower.call("EXEC");
    };
    expect(follower.call("WATCH", "n")).toBe("OK");
    expect(follower.call("WATCH", "m")).toBe("OK");
    expect(run()).toEqual([1]);
    follower.call("WATCH", "n");
    follower.call("WATCH", "m");
    other.call("SET", "n", 10);
    expect(run()).toBe(null);
    expect(run()).toEqual([11]);
    follower.call("WATCH", "n");
    other.call("SET", "n", 20);
    expect(follower.call("UNWATCH")).toBe("OK");
    expect(run()).toEqual([21]);
    follower.call("MULTI");
    expect(follower.call("WATCH", "n")).toBe("ERR WATCH inside MULTI is not allowed");
  });

  test("count what they watched as changed when its leader is another one, or has forgotten them", () => {
    const cluster = new RedisCluster(1);
    cluster.lead(1);
    const follower = cluster.connect(2);
    const run = (): unknown => {
      follower.call("MULTI");
      follower.call("INCR", "n");
      return follower.call("EXEC");
    };
    follower.call("WATCH", "n");
    // There is room for one stand-in.
    cluster.connect(3).call("GET", "n");
    expect(cluster.node(1).standIns.count).toBe(1);
    expect(run()).toBe(null);
    expect(run()).toEqual([1]);
    // The same, and a new stand-in comes between.
    follower.call("WATCH", "n");
    cluster.connect(3).call("GET", "n");
    expect(follower.call("GET", "n")).toBe("1");
    expect(run()).toBe(null);
    follower.call("WATCH", "n");
    cluster.connect(3).call("GET", "n");
    follower.call("GET", "n");
    follower.call("WATCH", "m");
    expect(run()).toBe(null);
    // Watched at 1, then 3 leads.
    follower.call("WATCH", "n");
    cluster.lead(3);
    expect(run()).toBe(null);
    expect(run()).toEqual([2]);
    // Watched at 3, then this node leads itself.
    follower.call("WATCH", "n");
    cluster.lead(2);
    expect(run()).toBe(null);
    // Watched while this node led.
    follower.call("WATCH", "n");
    cluster.lead(1);
    expect(run()).toBe(null);
    follower.call("WATCH", "n");
    expect(run()).toEqual([3]);
  });
});

test("a stand-in goes with its client", () => {
  const cluster = new RedisCluster();
  cluster.lead(1);
  const { standIns, server } = cluster.node(1);
  const clients = [cluster.connect(2), cluster.connect(3), cluster.connect(2)];
  for (const client of clients) client.call("GET", "key");
  expect(standIns.count).toBe(3);
  expect(server.clients.size).toBe(3);
  for (const client of clients) client.close();
  expect(standIns.count).toBe(0);
  expect(server.clients.size).toBe(0);
});

describe("a leader without a lease", () => {
  /** Node 1 leads and has surrendered its lease. */
  function withoutLease(): RedisCluster {
    const cluster = new RedisCluster();
    cluster.lead(1);
    cluster.connect(1).call("SET", "key", "old");
    cluster.node(1).host.group["lease"].surrender();
    expect(cluster.node(1).evaluator.available).toBe(true);
    expect(cluster.node(1).evaluator.isCurrent).toBe(false);
    return cluster;
  }

  test("reads after a round that a quorum has answered", () => {
    const cluster = withoutLease();
    const client = cluster.connect(1);
    client.send("GET", "key");
    cluster.node(1).host.settle();
    expect(client.taken()).toEqual([]);
    cluster.settle();
    expect(client.taken()).toEqual(["old"]);
    expect(client.call("SETNX", "key", 1)).toBe(0);
    expect(client.call("SET", "key", "new")).toBe("OK");
    expect(client.call("KEYS", "*")).toEqual(["key"]);
    client.call("MULTI");
    client.call("GET", "key");
    expect(client.call("EXEC")).toEqual(["new"]);
  });

  test("does not answer what another leader may have changed", () => {
    const cluster = withoutLease();
    const client = cluster.connect(1);
    cluster.hosts.isolate(1);
    client.send("GET", "key");
    client.send("KEYS", "*");
    client.send("SETNX", "key", "x");
    for (let ticks = 0; ticks < 30; ticks++) {
      cluster.pass(TICK_MS);
      if (!cluster.node(1).evaluator.available) break;
      expect(client.taken()).toEqual([]);
    }
    cluster.settle();
    expect(client.taken()).toEqual([ERR_NOT_PROPOSED, ERR_NOT_PROPOSED, ERR_NOT_PROPOSED]);
  });
});

test("a write that was in flight when leadership is handed over is answered first", () => {
  const cluster = new RedisCluster();
  cluster.lead(1);
  const client = cluster.connect(1);
  client.send("SET", "key", "value");
  cluster.node(1).host.group.transferLeadership(3);
  client.send("GET", "key");
  cluster.settle();
  expect(client.taken()).toEqual(["OK", ERR_NOT_PROPOSED]);
  cluster.pass(ELECTION_MS);
  expect(cluster.node(3).evaluator.available).toBe(true);
  expect(client.call("GET", "key")).toBe("value");
});

test("a new leader's clock begins above the last one's, and expired keys stay expired", () => {
  const cluster = new RedisCluster();
  cluster.lead(1);
  const client = cluster.connect(1);
  client.call("SET", "key", "value", "PX", 300);
  cluster.node(1).host.clock.wall += 400;
  expect(client.call("GET", "key")).toBe(null);
  cluster.lead(2);
  // Its own clock says that the key lives on.
  expect(cluster.connect(2).call("EXISTS", "key")).toBe(0);
});
