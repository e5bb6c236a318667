#include "range-walks.h"

#include <algorithm>
#include <memory>

#include "rocksdb/options.h"
#include "row-format.h"

namespace basalt {
namespace {

using rocksdb::Iterator;
using rocksdb::ReadOptions;

enum TombstoneKind : uint8_t { kCollection = 1, kDatabase = 2, kKey = 3 };

constexpr size_t kHeaderKeyPrefixBytes = 11;
/** Rows in one part of a count: some ten milliseconds' worth. */
constexpr uint64_t kCountedRows = 65536;
constexpr uint64_t kRowsBetweenLooks = 1024;
/** Slots in one part of a sample. */
constexpr size_t kSampledSlots = 2048;
constexpr size_t kSlotsBetweenLooks = 64;
/** In a header row's key: group, space and database, then the slot, then the hash. */
constexpr size_t kSlotAt = kGroupBytes + 5;
constexpr size_t kHashAt = kSlotAt + 2;
constexpr size_t kHashEnd = kHashAt + 4;
constexpr size_t kDatabaseBytes = 4;
/** A target that is no further away than so many rows is reached by single steps (perf-reports/2026-11-30-elements.md). */
constexpr int kStepsBeforeSeek = 16;

Outcome ReadFailed(const Status& status) {
  return Outcome(status.IsCorruption() ? "STORAGE_CORRUPT" : "STORAGE_FAILED",
                 "A read of applied data failed (" + status.ToString() + "); the node must stop.");
}

Outcome DamagedHeader() {
  return Outcome("CORRUPT_ROW", "A stored value header cannot be decoded. Restore this node from another copy.");
}

ReadOptions WalkOptions(const SnapshotHandle& snapshot) {
  ReadOptions options;
  options.fill_cache = false;
  options.snapshot = snapshot.get();
  return options;
}

uint32_t SlotOf(Slice row_key) {
  return static_cast<uint32_t>(static_cast<uint8_t>(row_key[kSlotAt])) << 8 | static_cast<uint8_t>(row_key[kSlotAt + 1]);
}

bool IsExpired(const ValueHeader& header, uint64_t now_ms) {
  return header.expiry_ms != 0 && header.expiry_ms <= now_ms;
}

/** The smallest key above all that begin with `prefix`, whose first byte is below 0xff. */
std::string PrefixEnd(std::string prefix) {
  while (static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

/** Moves forward to the first row at or behind `target`, which may be far away or near. */
void Advance(Iterator* rows, Slice target) {
  for (int step = 0; step < kStepsBeforeSeek; step++) {
    if (!rows->Valid() || rows->key().compare(target) >= 0) return;
    rows->Next();
  }
  if (rows->Valid() && rows->key().compare(target) < 0) rows->Seek(target);
}

/** One answer in the making. */
class GarbageSearch {
 public:
  GarbageSearch(const Instances& instances, const GarbageRequest& request, Garbage* garbage)
      : instances_(instances),
        request_(request),
        garbage_(garbage),
        group_prefix_(GroupPrefix(request.group)),
        options_(WalkOptions(request.snapshot)) {}

  Outcome Run();

 private:
  /** Walks one space from `position`; `full_` ends the search. */
  Outcome WalkSpace(uint8_t space, const std::string& position);
  /** Notes what the row gives reason for. `skip_to_` is where to go on if not at the next row. */
  Outcome Examine(uint8_t space, Slice key, Slice value);
  Outcome ExamineTombstone(Slice key);
  Outcome ExamineElement(Slice key);
  /**
   * Reads a header row; `found` is false if there is none. The header's version is valid until the next read. Headers are
   * asked for nearly in their order: they are walked along, beside the elements.
   */
  Outcome ReadHeader(const std::string& logical_key, bool* found, ValueHeader* header);
  Outcome IsOrphan(const ElementKey& parts, bool* orphan);
  bool IsDatabaseGone(uint32_t database);

  const Instances& instances_;
  const GarbageRequest& request_;
  Garbage* const garbage_;
  const std::string group_prefix_;
  const ReadOptions options_;
  std::string header_upper_;
  Slice header_bound_;
  /** Made when the first header is asked for. */
  std::unique_ptr<Iterator> headers_;
  std::string skip_to_;
  bool full_ = false;
};

Outcome GarbageSearch::Run() {
  static constexpr uint8_t kOrder[] = {space::kTombstone, space::kHeader, space::kElement};
  std::string position = request_.from.empty() ? std::string(1, static_cast<char>(space::kTombstone)) : request_.from;
  bool started = false;
  for (const uint8_t space : kOrder) {
    started = started || static_cast<uint8_t>(position[0]) == space;
    if (!started) continue;
    if (static_cast<uint8_t>(position[0]) != space) position = std::string(1, static_cast<char>(space));
    Outcome outcome = WalkSpace(space, position);
    if (!outcome.ok() || full_) return outcome;
  }
  return Outcome();
}

Outcome GarbageSearch::WalkSpace(uint8_t space, const std::string& position) {
  const std::string upper = group_prefix_ + static_cast<char>(space + 1);
  const Slice upper_bound(upper);
  ReadOptions options = options_;
  options.iterate_upper_bound = &upper_bound;
  std::unique_ptr<Iterator> rows(instances_.data()->NewIterator(options, instances_.FamilyOfSpace(space)));
  for (rows->Seek(group_prefix_ + position); rows->Valid();) {
    Slice key = rows->key();
    key.remove_prefix(kGroupBytes);
    if (garbage_->rows_examined == request_.max_rows) {
      garbage_->next = key.ToString();
      full_ = true;
      return Outcome();
    }
    garbage_->rows_examined++;
    skip_to_.clear();
    Outcome outcome = Examine(space, key, rows->value());
    if (!outcome.ok()) return outcome;
    if (skip_to_.empty()) {
      rows->Next();
    } else {
      Advance(rows.get(), group_prefix_ + skip_to_);
    }
  }
  return rows->status().ok() ? Outcome() : ReadFailed(rows->status());
}

Outcome GarbageSearch::Examine(uint8_t space, Slice key, Slice value) {
  if (space == space::kTombstone) return ExamineTombstone(key);
  if (key.size() < kHeaderKeyPrefixBytes) return Outcome();
  if (IsDatabaseGone(GetU32(key.data() + 1))) {
    skip_to_ = PrefixEnd(std::string(key.data(), 1 + kDatabaseBytes));
    return Outcome();
  }
  if (space == space::kElement) return ExamineElement(key);
  ValueHeader header;
  if (!ReadValueHeader(value, &header)) return DamagedHeader();
  if (IsExpired(header, request_.now_ms)) {
    garbage_->expired.push_back(key.ToString());
  } else if (header.expiry_ms != 0 &&
             (garbage_->next_expiry_ms == 0 || header.expiry_ms < garbage_->next_expiry_ms)) {
    garbage_->next_expiry_ms = header.expiry_ms;
  }
  return Outcome();
}

Outcome GarbageSearch::ExamineElement(Slice key) {
  ElementKey parts;
  if (!ParseElementKey(key, &parts)) return Outcome();
  const std::string prefix(key.data(), parts.prefix_bytes);
  bool orphan = false;
  Outcome outcome = IsOrphan(parts, &orphan);
  if (orphan) garbage_->orphans.push_back(prefix);
  skip_to_ = PrefixEnd(prefix);
  return outcome;
}

Outcome GarbageSearch::ExamineTombstone(Slice key) {
  if (key.size() < 2) return Outcome();
  const uint8_t kind = static_cast<uint8_t>(key[1]);
  const Slice rest(key.data() + 2, key.size() - 2);
  if (kind == kDatabase && rest.size() >= kDatabaseBytes) {
    IsDatabaseGone(GetU32(rest.data()));
  } else if (kind == kCollection) {
    const std::string prefix = std::string(1, static_cast<char>(space::kElement)) + rest.ToString();
    ElementKey parts;
    bool orphan = false;
    if (!ParseElementKey(prefix, &parts) || parts.prefix_bytes != prefix.size()) return Outcome();
    Outcome outcome = IsOrphan(parts, &orphan);
    if (orphan) garbage_->orphans.push_back(prefix);
    return outcome;
  } else if (kind == kKey) {
    const std::string header_key = std::string(1, static_cast<char>(space::kHeader)) + rest.ToString();
    bool found = false;
    ValueHeader header;
    Outcome outcome = ReadHeader(header_key, &found, &header);
    if (found && IsExpired(header, request_.now_ms)) garbage_->expired.push_back(header_key);
    return outcome;
  }
  return Outcome();
}

Outcome GarbageSearch::ReadHeader(const std::string& logical_key, bool* found, ValueHeader* header) {
  const std::string row_key = group_prefix_ + logical_key;
  if (!headers_) {
    ReadOptions options = options_;
    header_upper_ = group_prefix_ + static_cast<char>(space::kHeader + 1);
    header_bound_ = header_upper_;
    options.iterate_upper_bound = &header_bound_;
    headers_.reset(instances_.data()->NewIterator(options, instances_.key_values));
  }
  if (headers_->Valid() && headers_->key().compare(row_key) <= 0) {
    Advance(headers_.get(), row_key);
  } else {
    // The first, one behind the last header, or one out of order: keys of one hash stand by length among the elements.
    headers_->Seek(row_key);
  }
  *found = false;
  if (!headers_->status().ok()) return ReadFailed(headers_->status());
  if (!headers_->Valid() || headers_->key() != Slice(row_key)) return Outcome();
  if (!ReadValueHeader(headers_->value(), header)) return DamagedHeader();
  *found = true;
  return Outcome();
}

Outcome GarbageSearch::IsOrphan(const ElementKey& parts, bool* orphan) {
  bool found = false;
  ValueHeader header;
  Outcome outcome = ReadHeader(HeaderKeyOf(parts), &found, &header);
  *orphan = outcome.ok() && (!found || header.version != parts.version);
  return outcome;
}

bool GarbageSearch::IsDatabaseGone(uint32_t database) {
  const auto contains = [database](const std::vector<uint32_t>& ids) {
    return std::find(ids.begin(), ids.end(), database) != ids.end();
  };
  if (contains(request_.databases)) return false;
  if (!contains(garbage_->databases)) garbage_->databases.push_back(database);
  return true;
}

}  // namespace

Outcome CountHeaders(const Instances& instances, const CountRequest& request, const std::atomic<bool>& stop,
                     HeaderCount* count) {
  ReadOptions options = WalkOptions(request.snapshot);
  const std::string lower = count->next.empty() ? GroupPrefix(request.group) + request.lower : count->next;
  const std::string upper = GroupPrefix(request.group) + request.upper;
  const Slice upper_bound(upper);
  options.iterate_upper_bound = &upper_bound;
  options.readahead_size = size_t{1} << 20;
  std::unique_ptr<Iterator> rows(instances.data()->NewIterator(options, instances.key_values));
  uint64_t left = kCountedRows;
  for (rows->Seek(lower); rows->Valid(); rows->Next()) {
    if (left-- == 0) {
      count->next = rows->key().ToString();
      return Outcome();
    }
    if (left % kRowsBetweenLooks == 0 && stop) return Outcome();
    ValueHeader header;
    if (!ReadValueHeader(rows->value(), &header)) return DamagedHeader();
    if (!IsExpired(header, request.now_ms)) count->live++;
  }
  count->done = true;
  return rows->status().ok() ? Outcome() : ReadFailed(rows->status());
}

Outcome SampleSlots(const Instances& instances, const SlotSampleRequest& request, const std::atomic<bool>& stop,
                    SlotSamples* samples) {
  std::string database = GroupPrefix(request.group) + static_cast<char>(space::kHeader);
  AppendU32(&database, request.database);
  const auto slot_begin = [&database](uint32_t slot) {
    char bytes[2];
    PutU16(bytes, static_cast<uint16_t>(slot));
    return database + std::string(bytes, 2);
  };
  const std::string upper = slot_begin(request.to_slot);
  const Slice upper_bound(upper);
  ReadOptions options = WalkOptions(request.snapshot);
  options.iterate_upper_bound = &upper_bound;
  std::unique_ptr<Iterator> rows(instances.data()->NewIterator(options, instances.key_values));
  rows->Seek(slot_begin(samples->next_slot));
  size_t left = kSampledSlots;
  while (rows->Valid()) {
    if (rows->key().size() < kHashAt) {
      rows->Next();
      continue;
    }
    SlotSample sample;
    sample.slot = SlotOf(rows->key());
    if (left-- == 0) {
      samples->next_slot = sample.slot;
      return Outcome();
    }
    if (left % kSlotsBetweenLooks == 0 && stop) return Outcome();
    const auto is_in_slot = [&rows, &sample] {
      return rows->Valid() && rows->key().size() >= kHashAt && SlotOf(rows->key()) == sample.slot;
    };
    for (; sample.rows < request.max_rows && is_in_slot(); rows->Next()) {
      if (rows->key().size() < kHashEnd) continue;
      sample.rows++;
      sample.last_hash = GetU32(rows->key().data() + kHashAt);
    }
    if (sample.rows > 0) samples->slots.push_back(sample);
    if (is_in_slot()) rows->Seek(slot_begin(sample.slot + 1));
  }
  samples->done = true;
  return rows->status().ok() ? Outcome() : ReadFailed(rows->status());
}

Outcome FindGarbage(const Instances& instances, const GarbageRequest& request, Garbage* garbage) {
  return GarbageSearch(instances, request, garbage).Run();
}

}  // namespace basalt
