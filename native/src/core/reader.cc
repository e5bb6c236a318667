#include "reader.h"

#include <algorithm>
#include <memory>

#include "rocksdb/options.h"
#include "rocksdb/perf_context.h"
#include "rocksdb/perf_level.h"
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

/** Block cache misses of this thread since it was made; counting is on only while it lives. */
class CacheMissCount {
 public:
  CacheMissCount() : level_(rocksdb::GetPerfLevel()) {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->EnablePerLevelPerfContext();
    before_ = Misses();
  }
  ~CacheMissCount() {
    rocksdb::get_perf_context()->DisablePerLevelPerfContext();
    rocksdb::SetPerfLevel(level_);
  }
  CacheMissCount(const CacheMissCount&) = delete;
  CacheMissCount& operator=(const CacheMissCount&) = delete;

  uint64_t growth() const { return Misses() - before_; }

 private:
  static uint64_t Misses() {
    uint64_t misses = 0;
    const auto* levels = rocksdb::get_perf_context()->level_to_perf_context;
    if (levels == nullptr) return 0;
    for (const auto& level : *levels) misses += level.second.block_cache_miss_count;
    return misses;
  }

  const rocksdb::PerfLevel level_;
  uint64_t before_ = 0;
};

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
  // RocksDB's MultiGet takes "may exist, but is not in memory" for a row with an empty value (7.8.3).
  return tier == Tier::kMemory ? GetEach(group, keys, page) : GetTogether(group, keys, page);
}

bool Reader::GetEach(uint32_t group, const std::vector<Slice>& keys, Page* page) const {
  std::string row_key = GroupPrefix(group);
  PinnableSlice value;
  for (const Slice& key : keys) {
    row_key.resize(kGroupBytes);
    row_key.append(key.data(), key.size());
    value.Reset();
    switch (Get(row_key, Tier::kMemory, &value)) {
      case ReadResult::kFound:
        page->AddRow(Slice(), value);
        break;
      case ReadResult::kAbsent:
        page->AddMissing(kAbsentLength);
        break;
      case ReadResult::kNotInMemory:
        page->AddMissing(kNotInMemoryLength);
        break;
      case ReadResult::kFailed:
        return false;
    }
  }
  return true;
}

bool Reader::GetTogether(uint32_t group, const std::vector<Slice>& keys, Page* page) const {
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
  instances_->data()->MultiGet(ReadOptions(), count, families.data(), slices.data(), values.data(), statuses.data());
  for (size_t at = 0; at < count; at++) {
    if (statuses[at].ok()) {
      page->AddRow(Slice(), values[at]);
    } else if (statuses[at].IsNotFound()) {
      page->AddMissing(kAbsentLength);
    } else {
      Failed(statuses[at]);
      return false;
    }
  }
  return true;
}

ReadResult Reader::Scan(const ScanRequest& request, Tier tier, Page* page) const {
  Add(statistics_->scans, 1);
  if (tier == Tier::kAnywhere) return Walk(request, tier, page);
  const CacheMissCount misses;
  const ReadResult result = Walk(request, tier, page);
  // Where range tombstones are, an iterator before RocksDB 8.5 can take "not in memory" for the end of the range. Each
  // such answer begins with a miss in the block cache.
  if (result != ReadResult::kNotInMemory && (result == ReadResult::kFailed || misses.growth() == 0)) return result;
  Add(statistics_->scans_not_in_memory, 1);
  return ReadResult::kNotInMemory;
}

ReadResult Reader::Walk(const ScanRequest& request, Tier tier, Page* page) const {
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
  if (rows->status().IsIncomplete()) return ReadResult::kNotInMemory;
  if (!rows->status().ok()) return Failed(rows->status());
  page->set_done(!rows->Valid());
  return ReadResult::kFound;
}

}  // namespace basalt
