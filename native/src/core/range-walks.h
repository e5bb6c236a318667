// The walks over a group's data that run on loader threads: the count of live headers, which takes as long as there are
// rows and therefore goes in parts, the sample of what lies in which slot, likewise, and the search for what the sweeper may
// reclaim. They read over a snapshot, fill no cache, and answer what src/storage/memory/row-reads.ts answers.
//
// The search goes in a fixed order: tombstones (0x40), headers (0x10), elements (0x11). Of an element prefix only the first
// row is looked at, of a database that does not exist only the first row in each space; the rest is passed with one seek, so
// a live hash of a million fields costs one row.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "instances.h"
#include "outcome.h"
#include "snapshots.h"

namespace basalt {

struct CountRequest {
  uint32_t group = 0;
  std::string lower;
  std::string upper;
  uint64_t now_ms = 0;
  SnapshotHandle snapshot;
};

/** A count in the making. */
struct HeaderCount {
  uint64_t live = 0;
  /** Where the next part begins; empty before the first. */
  std::string next;
  bool done = false;
};

/** Counts on, up to some ten thousand rows further; ends early, without a meaning, once `stop` is set. */
Outcome CountHeaders(const Instances& instances, const CountRequest& request, const std::atomic<bool>& stop,
                     HeaderCount* count);

struct SlotSampleRequest {
  uint32_t group = 0;
  uint32_t database = 0;
  uint32_t to_slot = 0;
  /** Rows that are read of one slot. */
  uint32_t max_rows = 0;
  SnapshotHandle snapshot;
};

/** How many of a slot's header rows were read, and the hash of the last of them. */
struct SlotSample {
  uint32_t slot = 0;
  uint32_t rows = 0;
  uint32_t last_hash = 0;
};

/** A sample in the making. */
struct SlotSamples {
  /** Slots that have rows, in order. */
  std::vector<SlotSample> slots;
  /** Where the next part begins; at first where all begins. */
  uint32_t next_slot = 0;
  bool done = false;
};

/** Samples on, up to some thousand slots further; what lies behind the rows of a slot is passed with one seek. */
Outcome SampleSlots(const Instances& instances, const SlotSampleRequest& request, const std::atomic<bool>& stop,
                    SlotSamples* samples);

struct GarbageRequest {
  uint32_t group = 0;
  /** Empty begins a pass. */
  std::string from;
  uint64_t max_rows = 0;
  uint64_t now_ms = 0;
  /** Physical ids that exist. */
  std::vector<uint32_t> databases;
  SnapshotHandle snapshot;
};

struct Garbage {
  std::vector<std::string> expired;
  std::vector<std::string> orphans;
  std::vector<uint32_t> databases;
  /** The earliest time at which one of the headers looked at will expire; 0 if none will. */
  uint64_t next_expiry_ms = 0;
  /** Empty when the pass has seen everything. */
  std::string next;
  uint64_t rows_examined = 0;
};

Outcome FindGarbage(const Instances& instances, const GarbageRequest& request, Garbage* garbage);

}  // namespace basalt
