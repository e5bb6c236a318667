#include "log-store.h"

#include <algorithm>
#include <memory>

#include "log-entry.h"

namespace basalt {
namespace {

using rocksdb::Iterator;
using rocksdb::ReadOptions;

Outcome Unreadable(const Status& status) {
  return Outcome(status.IsCorruption() ? "STORAGE_CORRUPT" : "STORAGE_FAILED",
                 "The raft log cannot be read (" + status.ToString() + "). Restore this node from another copy.");
}

Outcome Damaged(uint32_t group, const char* what) {
  return Outcome("STORAGE_CORRUPT", "The raft log of group " + std::to_string(group) + " is damaged (" + what +
                                        "); the node did not start from it. Restore this node from another copy.");
}

ReadOptions ScanOptions() {
  ReadOptions options;
  options.fill_cache = false;
  return options;
}

}  // namespace

Outcome LogStore::CollectGroups(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family,
                                std::vector<uint32_t>* groups) const {
  std::unique_ptr<Iterator> rows(database->NewIterator(ScanOptions(), family));
  for (rows->SeekToFirst(); rows->Valid();) {
    if (rows->key().size() <= kGroupBytes) return Outcome("STORAGE_CORRUPT", "The storage holds a row without a group.");
    const uint32_t group = GetU32(rows->key().data());
    groups->push_back(group);
    if (group == UINT32_MAX) break;
    rows->Seek(GroupPrefix(group + 1));
  }
  return rows->status().ok() ? Outcome() : Unreadable(rows->status());
}

Outcome LogStore::Groups(std::vector<uint32_t>* groups) const {
  for (rocksdb::ColumnFamilyHandle* family : {instances_->raft_state, instances_->raft_log}) {
    Outcome outcome = CollectGroups(instances_->log(), family, groups);
    if (!outcome.ok()) return outcome;
  }
  Outcome outcome = CollectGroups(instances_->data(), instances_->key_values, groups);
  if (!outcome.ok()) return outcome;
  std::sort(groups->begin(), groups->end());
  groups->erase(std::unique(groups->begin(), groups->end()), groups->end());
  return Outcome();
}

Outcome LogStore::ReadField(uint32_t group, StateField field, bool* found, std::string* value) const {
  const Status status =
      instances_->log()->Get(ReadOptions(), instances_->raft_state, StateKey(group, field), value);
  *found = status.ok();
  return status.ok() || status.IsNotFound() ? Outcome() : Unreadable(status);
}

Outcome LogStore::ReadBounds(uint32_t group, LogBounds* bounds) const {
  std::string value;
  bool found = false;
  Outcome outcome = ReadField(group, StateField::kTruncation, &found, &value);
  if (!outcome.ok()) return outcome;
  if (found && !DecodeTruncation(value, &bounds->truncated)) return Damaged(group, "its truncation record");
  bounds->last_index = bounds->truncated.index;
  bounds->last_term = bounds->truncated.term;

  ReadOptions options = ScanOptions();
  const std::string lower = GroupPrefix(group);
  const std::string first = LogKey(group, bounds->truncated.index + 1);
  const std::string upper = group == UINT32_MAX ? std::string(kLogKeyBytes + 1, '\xff') : GroupPrefix(group + 1);
  const Slice lower_bound(lower), upper_bound(upper);
  options.iterate_lower_bound = &lower_bound;
  options.iterate_upper_bound = &upper_bound;
  std::unique_ptr<Iterator> rows(instances_->log()->NewIterator(options, instances_->raft_log));
  rows->SeekToFirst();
  if (rows->Valid() && rows->key().compare(first) < 0) {
    if (rows->key().size() != kLogKeyBytes) return Damaged(group, "its beginning cannot be read");
    bounds->first_stale_index = GetU64(rows->key().data() + kGroupBytes);
    rows->Seek(first);
  }
  if (!rows->Valid()) return rows->status().ok() ? Outcome() : Unreadable(rows->status());
  if (rows->key() != Slice(first)) return Damaged(group, "its beginning is missing");
  rows->SeekToLast();
  if (!rows->Valid() || rows->key().size() != kLogKeyBytes) return Damaged(group, "its end cannot be read");
  LogEntryView last;
  bounds->last_index = GetU64(rows->key().data() + kGroupBytes);
  const char* damage = DecodeLogEntry(group, bounds->last_index, rows->value(), &last);
  if (damage) return Outcome("STORAGE_CORRUPT", DamagedEntryMessage(group, bounds->last_index, damage));
  bounds->last_term = last.term;
  return Outcome();
}

Outcome LogStore::ReadHardState(uint32_t group, HardState* state) const {
  std::string value;
  bool found = false;
  Outcome outcome = ReadField(group, StateField::kHardState, &found, &value);
  if (!outcome.ok()) return outcome;
  if (found && !DecodeHardState(value, state)) return Damaged(group, "its hard state");
  return Outcome();
}

Outcome LogStore::ReadConfiguration(uint32_t group, bool* found, std::string* configuration) const {
  return ReadField(group, StateField::kConfiguration, found, configuration);
}

Outcome LogStore::ReadEntries(uint32_t group, uint64_t low, uint64_t high, size_t max_bytes,
                              std::vector<HeldEntry>* to) const {
  ReadOptions options = ScanOptions();
  const std::string upper = LogKey(group, high);
  const Slice upper_bound(upper);
  options.iterate_upper_bound = &upper_bound;
  std::unique_ptr<Iterator> rows(instances_->log()->NewIterator(options, instances_->raft_log));
  size_t bytes = 0;
  uint64_t index = low;
  for (rows->Seek(LogKey(group, low)); rows->Valid() && index < high; rows->Next(), index++) {
    if (rows->key() != Slice(LogKey(group, index))) break;
    LogEntryView view;
    const char* damage = DecodeLogEntry(group, index, rows->value(), &view);
    if (damage) return Outcome("STORAGE_CORRUPT", DamagedEntryMessage(group, index, damage));
    bytes += view.payload.size();
    if (bytes > max_bytes && index > low) return Outcome();
    Block block = MakeBlock(view.payload.size());
    std::memcpy(block.get(), view.payload.data(), view.payload.size());
    to->push_back(HeldEntry{index, view.term, view.type, Slice(block.get(), view.payload.size()), block});
  }
  if (!rows->status().ok()) return Unreadable(rows->status());
  if (index < high) return Outcome("STORAGE_CORRUPT", DamagedEntryMessage(group, index, "it is missing"));
  return Outcome();
}

}  // namespace basalt
