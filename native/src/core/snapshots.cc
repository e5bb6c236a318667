#include "snapshots.h"

namespace basalt {

SnapshotHandle Snapshots::Take() const {
  rocksdb::DB* database = instances_->data();
  return SnapshotHandle(database->GetSnapshot(),
                        [database](const rocksdb::Snapshot* snapshot) { database->ReleaseSnapshot(snapshot); });
}

uint64_t Snapshots::Pin() {
  SnapshotHandle snapshot = Take();
  std::lock_guard<std::mutex> lock(mutex_);
  pinned_[++last_id_] = Pinned{std::move(snapshot), std::chrono::steady_clock::now()};
  return last_id_;
}

bool Snapshots::Release(uint64_t id) {
  SnapshotHandle released;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = pinned_.find(id);
  if (found == pinned_.end()) return false;
  released = std::move(found->second.snapshot);
  pinned_.erase(found);
  return true;
}

SnapshotHandle Snapshots::Find(uint64_t id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = pinned_.find(id);
  return found == pinned_.end() ? nullptr : found->second.snapshot;
}

bool Snapshots::Has(uint64_t id) const { return Find(id) != nullptr; }

void Snapshots::ReleaseAll() {
  std::lock_guard<std::mutex> lock(mutex_);
  pinned_.clear();
}

uint64_t Snapshots::oldest_seconds() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (pinned_.empty()) return 0;
  // Ids rise with time.
  const auto passed = std::chrono::steady_clock::now() - pinned_.begin()->second.since;
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(passed).count());
}

size_t Snapshots::count() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return pinned_.size();
}

}  // namespace basalt
