#include "reader.h"

#include <algorithm>
#include <memory>

#include "rocksdb/options.h"
#include "row-format.h"

namespace basalt {
namespace {

using rocksdb::PinnableSlice;
using rocksdb::ReadOptions;

ReadOptions OptionsOf(Tier tier) {
  ReadOptions options;
  if (tier == Tier::kMemory) options.read_tier = rocksdb::kBlockCacheTier;
  return options;
}

/** Pages of at least this size are worth reading ahead for. */
constexpr uint64_t kReadAheadThresholdBytes = uint64_t{256} << 10;
constexpr size_t kMaxReadAheadBytes = size_t{2} << 20;

}  // namespace

void Page::PackTo(char* to) const {
  const uint32_t head[2] = {static_cast<uint32_t>(rows()), done_ ? 1u : 0u};
  std::memcpy(to, head, 8);
  if (!lengths_.empty()) std::memcpy(to + 8, lengths_.data(), lengths_.size() * 4);
  if (!bytes_.empty()) std::memcpy(to + 8 + lengths_.size() * 4, bytes_.data(), bytes_.size());
}

ReadResult Reader::Failed(const Status& status) const {
  events_->Fail(Outcome(status.IsCorruption() ? "STORAGE_CORRUPT" : "STORAGE_FAILED",
                        "A read of applied data failed (" + status.ToString() + "); the node must stop."));
  return ReadResult::kFailed;
}

ReadResult Reader::Get(Slice row_key, Tier tier, PinnableSlice* value) const {
  Add(statistics_->gets, 1);
  rocksdb::ColumnFamilyHandle* family = instances_->FamilyOfSpace(static_cast<uint8_t>(row_key[kGroupBytes]));
  const Status status = instances_->data()->Get(OptionsOf(tier), family, row_key, value);
  if (status.ok()) return ReadResult::kFound;
  if (status.IsNotFound()) return ReadResult::kAbsent;
  if (!status.IsIncomplete()) return Failed(status);
  Add(statistics_->gets_not_in_memory, 1);
  return ReadResult::kNotInMemory;
}

bool Reader::MultiGet(uint32_t group, const std::vector<Slice>& keys, Tier tier, Page* page) const {
  const size_t count = keys.size();
  Add(statistics_->gets, count);
  std::vector<std::string> row_keys(count);
  std::vector<Slice> slices(count);
  std::vector<rocksdb::ColumnFamilyHandle*> families(count);
  for (size_t at = 0; at < count; at++) {
    row_keys[at] = GroupPrefix(group);
    row_keys[at].append(keys[at].data(), keys[at].size());
    slices[at] = row_keys[at];
    families[at] = instances_->FamilyOfSpace(static_cast<uint8_t>(keys[at][0]));
  }
  std::vector<PinnableSlice> values(count);
  std::vector<Status> statuses(count);
  instances_->data()->MultiGet(OptionsOf(tier), count, families.data(), slices.data(), values.data(), statuses.data());
  for (size_t at = 0; at < count; at++) {
    if (statuses[at].ok()) {
      page->AddRow(Slice(), values[at]);
    } else if (statuses[at].IsNotFound()) {
      page->AddMissing(kAbsentLength);
    } else if (statuses[at].IsIncomplete()) {
      Add(statistics_->gets_not_in_memory, 1);
      page->AddMissing(kNotInMemoryLength);
    } else {
      Failed(statuses[at]);
      return false;
    }
  }
  return true;
}

ReadResult Reader::Scan(const ScanRequest& request, Tier tier, Page* page) const {
  Add(statistics_->scans, 1);
  const std::string lower = GroupPrefix(request.group) + request.lower;
  const std::string upper = GroupPrefix(request.group) + request.upper;
  const Slice lower_bound(lower), upper_bound(upper);
  if (lower_bound.compare(upper_bound) >= 0) return ReadResult::kFound;
  ReadOptions options = OptionsOf(tier);
  options.iterate_lower_bound = &lower_bound;
  options.iterate_upper_bound = &upper_bound;
  options.snapshot = request.snapshot.get();
  if (tier == Tier::kAnywhere && request.max_bytes >= kReadAheadThresholdBytes && !request.reverse) {
    options.readahead_size = std::min<size_t>(request.max_bytes, kMaxReadAheadBytes);
  }
  rocksdb::ColumnFamilyHandle* family = instances_->FamilyOfSpace(static_cast<uint8_t>(request.lower[0]));
  std::unique_ptr<rocksdb::Iterator> rows(instances_->data()->NewIterator(options, family));
  if (request.reverse) {
    rows->SeekToLast();
  } else {
    rows->Seek(lower_bound);
  }
  while (rows->Valid() && page->rows() < request.max_rows &&
         (page->rows() == 0 || page->row_bytes() < request.max_bytes)) {
    Slice key = rows->key();
    key.remove_prefix(kGroupBytes);
    Slice value = rows->value();
    if (value.size() > request.value_prefix_bytes) value = Slice(value.data(), request.value_prefix_bytes);
    page->AddRow(key, value);
    if (request.reverse) {
      rows->Prev();
    } else {
      rows->Next();
    }
  }
  if (rows->status().IsIncomplete()) {
    Add(statistics_->scans_not_in_memory, 1);
    return ReadResult::kNotInMemory;
  }
  if (!rows->status().ok()) return Failed(rows->status());
  page->set_done(!rows->Valid());
  return ReadResult::kFound;
}

}  // namespace basalt
