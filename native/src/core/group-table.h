// What every thread must agree on about each group: where its log begins and ends (as submitted, as synced), what is
// to be applied and is, what of it has reached disk, and the entries held for applying. One short lock; the invariants of DESIGN §2.3
// are asserted here, where all of these numbers meet.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "held-entries.h"
#include "log-work.h"
#include "row-format.h"

namespace basalt {

/** Where a group's log stands on disk at open. */
struct LogBounds {
  Truncation truncated;
  uint64_t last_index = 0;
  uint64_t last_term = 0;
  /** The first row there is of a compacted entry, which the log thread has still to delete; 0 if there is none. */
  uint64_t first_stale_index = 0;
};

class GroupTable {
 public:
  /** At open. */
  void Add(uint32_t group, const LogBounds& log, const AppliedRecord& applied);

  std::vector<uint32_t> groups() const;
  LogBounds log_bounds(uint32_t group) const;

  /** Checks a batch against the logs as submitted so far, takes it in, and completes its changes. */
  void Submit(LogWork* work);
  /** The batch is synced. */
  void Synced(const LogWork& work);
  uint64_t synced_index(uint32_t group) const;

  /** Entries up to `last_index`, which the group's log has synced, go to the apply thread: they are never cut any more. */
  void SubmitApply(uint32_t group, uint64_t last_index);

  AppliedRecord applied(uint32_t group) const;
  /** The apply thread has written the batch; its entries are let go. */
  void Applied(uint32_t group, const AppliedRecord& record);

  uint64_t persisted_index(uint32_t group) const;
  /** Returns true if the index has risen. */
  bool Persisted(uint32_t group, uint64_t index);

  /** Appends held entries from `index` to `last` while they fit `max_bytes` (one always does); none if not held. */
  void TakeHeld(uint32_t group, uint64_t index, uint64_t last, size_t max_bytes, std::vector<HeldEntry>* to) const;
  /** The first index in (index, last] that is held, else last + 1. */
  uint64_t FirstHeldBehind(uint32_t group, uint64_t index, uint64_t last) const;

  size_t held_entries() const;
  size_t held_bytes() const;

 private:
  struct Group {
    LogBounds log;
    uint64_t synced_index = 0;
    /** Where the log ends with each batch that is not synced yet, as far as a later cut has left it. */
    std::deque<std::pair<uint64_t, uint64_t>> unsynced_ends;
    /** What the apply thread was asked for. */
    uint64_t apply_target = 0;
    AppliedRecord applied;
    uint64_t persisted_index = 0;
    HeldEntries held;
  };

  void SubmitAppend(Group* group, const LogChange& change);
  void SubmitCut(Group* group, LogChange* change);
  void SubmitCompact(Group* group, LogChange* change);
  const Group* Find(uint32_t group) const;

  mutable std::mutex mutex_;
  std::map<uint32_t, Group> groups_;
  uint64_t last_submission_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace basalt
