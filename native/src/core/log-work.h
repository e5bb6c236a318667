// One submitted log batch in decoded form: what the log thread writes atomically and syncs before it reports the ticket.
// The payloads stand, each with room for the head and tail of its raft_log row, in one block that is shared with
// HeldEntries, so they are copied exactly once.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bytes.h"
#include "held-entries.h"
#include "row-format.h"

namespace basalt {

struct LogChange {
  enum Kind : uint8_t { kAppend = 1, kHardState = 2, kCutSuffix = 3, kCompact = 4, kConfiguration = 5 };

  Kind kind = kAppend;
  uint8_t entry_type = 0;
  uint32_t group = 0;
  /** Of the entry; the first one cut; the last one compacted. */
  uint64_t index = 0;
  uint64_t term = 0;
  /** Set at submission: the last entry that a cut removes, the first one that a compaction removes. */
  uint64_t other_index = 0;
  HardState hard_state;
  /** The raft_log row around an entry's payload, or the configuration. */
  char* bytes = nullptr;
  size_t length = 0;
};

struct LogWork {
  uint64_t ticket = 0;
  std::vector<LogChange> changes;
  Block block;
  size_t bytes = 0;
  /** Where each changed group's log ends with this batch. */
  std::vector<std::pair<uint32_t, uint64_t>> ends;
};

/**
 * Decodes the control buffer of src/storage/log-batch.ts and copies what it refers to. The records were made by our own
 * code in this process: a malformed one is a broken invariant.
 */
LogWork DecodeLogBatch(Slice control, const std::vector<Slice>& payloads);

}  // namespace basalt
