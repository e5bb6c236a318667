// Pinned snapshots of the data by id. A read in flight keeps its snapshot until it ends, also when JavaScript has
// released it; all are gone before the data instance closes. Safe on every thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "instances.h"
#include "rocksdb/snapshot.h"

namespace basalt {

using SnapshotHandle = std::shared_ptr<const rocksdb::Snapshot>;

class Snapshots {
 public:
  explicit Snapshots(const Instances* instances) : instances_(instances) {}

  uint64_t Pin();
  /** False if there is none of that id. */
  bool Release(uint64_t id);
  /** Id 0 is "none"; an unknown id gives none too. */
  SnapshotHandle Find(uint64_t id) const;
  bool Has(uint64_t id) const;
  void ReleaseAll();
  size_t count() const;
  /** How long the oldest one is pinned: it keeps every version of a row since then on disk. */
  uint64_t oldest_seconds() const;

  /** A snapshot that is in no table. */
  SnapshotHandle Take() const;

 private:
  const Instances* instances_;
  mutable std::mutex mutex_;
  struct Pinned {
    SnapshotHandle snapshot;
    std::chrono::steady_clock::time_point since;
  };
  std::map<uint64_t, Pinned> pinned_;
  uint64_t last_id_ = 0;
};

}  // namespace basalt
