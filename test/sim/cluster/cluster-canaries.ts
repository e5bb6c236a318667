// Bugs put in on purpose, each into every process as it starts. The checkers that are always on must find every one of them
// within a bounded number of ordinary seeds; a canary that is not found is a hole in the simulator.
import { MessageType } from "../../../src/raft/core/index";
import { keepLostRows } from "../canaries";
import { GROUP } from "./cluster-process";
import type { ClusterSabotage } from "./cluster-process";

export interface ClusterCanary {
  readonly name: string;
  readonly sabotage: ClusterSabotage;
}

/** Every one is found within so many seeds. */
export const CANARY_SEEDS = 200;

export const CLUSTER_CANARIES: readonly ClusterCanary[] = [
  {
    name: "a vote goes out before it is on disk",
    sabotage: ({ group }) => {
      const { logWork } = { logWork: group["logWork"] };
      const append = logWork.append.bind(logWork);
      logWork.append = (message, writer): void => {
        const { voteResp } = MessageType;
        for (const response of message.responses) if (response.type === voteResp) group["deliver"](response);
        message.responses = message.responses.filter(({ type }) => type !== voteResp);
        append(message, writer);
      };
    },
  },
  {
    name: "an entry of an earlier term is committed by counting",
    sabotage: ({ core }) => {
      const { raftLog } = core["raft"];
      raftLog.maybeCommit = (index): boolean => {
        if (index <= raftLog.committed || index > raftLog.lastIndex()) return false;
        raftLog.commitTo(index);
        return true;
      };
    },
  },
  {
    name: "entries are applied before the own log has synced them",
    sabotage: ({ core }) => {
      const { raftLog } = core["raft"];
      const has = raftLog.hasNextCommittedEntries.bind(raftLog);
      const next = raftLog.nextCommittedEntries.bind(raftLog);
      const accept = raftLog.acceptApplying.bind(raftLog);
      raftLog.hasNextCommittedEntries = (): boolean => has(true);
      raftLog.nextCommittedEntries = () => next(true);
      raftLog.acceptApplying = (index, bytes): void => accept(index, bytes, true);
    },
  },
  {
    name: "a command is answered before its entry is committed",
    sabotage: ({ evaluator }) => {
      const finish = evaluator.finish.bind(evaluator);
      evaluator.finish = (): number => Math.min(finish(), 0);
    },
  },
  {
    name: "a lease lasts from when the answers came and not from when they were asked for",
    sabotage: ({ group, node }) => {
      const lease = group["lease"];
      const heard = lease.heard.bind(lease);
      lease.heard = (from, _, configuration): void => heard(from, node.clock.monotonicMs(), configuration);
    },
  },
  {
    name: "a lease is kept while leadership is handed over",
    sabotage: ({ group }) => {
      group["lease"].surrender = (): void => undefined;
    },
  },
  {
    name: "what was evaluated and lost stays in memory for the next leadership",
    sabotage: ({ evaluator }) => keepLostRows(evaluator),
  },
  {
    name: "the log is cut beyond what is applied on disk",
    sabotage: ({ group, host }) => {
      const applied = group.applied.bind(group);
      group.applied = (index): void => {
        applied(index);
        const { log } = group;
        if (index < log.firstIndex() + 100) return;
        const term = log.term(index);
        if (typeof term !== "number") return;
        host.batch.compact(GROUP, index, term);
        log.compacted(index, term);
      };
    },
  },
  {
    name: "a node that restarts forgets what it has promised",
    sabotage: ({ group }) => group["promise"].waive(),
  },
  {
    name: "a read goes one batch before the one that it observed",
    sabotage: ({ evaluator }) => {
      const finish = evaluator.finish.bind(evaluator);
      evaluator.finish = (): number => {
        const hasWritten = evaluator.session.hasWritten;
        const sequence = finish();
        if (hasWritten || sequence <= 0) return sequence;
        return sequence - 1 > evaluator.releasedSequence ? sequence - 1 : 0;
      };
    },
  },
  {
    name: "a leader without a lease takes its own word that it leads",
    sabotage: ({ group, life }) => {
      group.confirmLeadership = (done): void => life.post(0, () => done(true));
    },
  },
  {
    name: "a new leader's clock begins at its own time and not above the last one's",
    sabotage: ({ evaluator }) => {
      const leading = evaluator.leading.bind(evaluator);
      evaluator.leading = (term): void => {
        const hlc = evaluator["hlc"];
        const observe = hlc.observe.bind(hlc);
        hlc.observe = (): void => undefined;
        leading(term);
        hlc.observe = observe;
      };
    },
  },
  {
    name: "a leader reads without a lease and asks nobody",
    sabotage: ({ group }) => {
      Object.defineProperty(group, "hasLease", { get: () => group.status.leading });
    },
  },
];
