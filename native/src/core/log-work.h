// One submitted log batch in decoded form: what the log thread writes atomically and syncs before it reports the ticket.
// The payloads stand, each with room for the head and tail of its raft_log row, in blocks that are shared with HeldEntries,
// so they are copied exactly once. A block holds about a mebibyte: one entry that is held for long keeps no more than that.
#pragma once

#include <cstdint>
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
  /** Set at submission: the entries that a cut or a compaction removes; none if first lies behind last. */
  uint64_t first_removed = 1;
  uint64_t last_removed = 0;
  HardState hard_state;
  /** The raft_log row around an entry's payload, or the configuration. */
  char* bytes = nullptr;
  size_t length = 0;
  /** What `bytes` points into. */
  Block block;
};

struct LogWork {
  uint64_t ticket = 0;
  std::vector<LogChange> changes;
  size_t bytes = 0;
  /** Counts the batches taken in by GroupTable. */
  uint64_t submission = 0;
};

/**
 * Decodes the control buffer of src/storage/log-batch.ts and copies what it refers to. The records were made by our own
 * code in this process: a malformed one is a broken invariant.
 */
LogWork DecodeLogBatch(Slice control, const std::vector<Slice>& payloads);

}  // namespace basalt
