// Reads of the applied data: points, many points, pages of a range. With Tier::kMemory RocksDB answers only from
// memtables and its block cache, and the result can be kNotInMemory. Pages are built in the packed form that crosses to
// JavaScript in one piece. Safe on every thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bytes.h"
#include "events.h"
#include "instances.h"
#include "rocksdb/slice.h"
#include "snapshots.h"
#include "statistics.h"

namespace basalt {

enum class Tier : uint8_t { kMemory = 0, kAnywhere = 1 };
enum class ReadResult : uint8_t { kFound, kAbsent, kNotInMemory, kFailed };

/** Lengths that stand for no value. */
constexpr uint32_t kAbsentLength = 0xffffffff;
constexpr uint32_t kNotInMemoryLength = 0xfffffffe;

/**
 * Rows on their way to JavaScript: little-endian u32 words (row count, done, then key and value length of each row),
 * then the bytes of all rows in order.
 */
class Page {
 public:
  void AddRow(Slice key, Slice value) {
    lengths_.push_back(static_cast<uint32_t>(key.size()));
    lengths_.push_back(static_cast<uint32_t>(value.size()));
    bytes_.append(key.data(), key.size());
    bytes_.append(value.data(), value.size());
  }
  /** A row without bytes: kAbsentLength or kNotInMemoryLength. */
  void AddMissing(uint32_t length) {
    lengths_.push_back(0);
    lengths_.push_back(length);
  }
  void set_done(bool done) { done_ = done; }

  size_t rows() const { return lengths_.size() / 2; }
  size_t row_bytes() const { return bytes_.size(); }
  size_t packed_bytes() const { return 8 + lengths_.size() * 4 + bytes_.size(); }
  void PackTo(char* to) const;

 private:
  std::vector<uint32_t> lengths_;
  std::string bytes_;
  bool done_ = true;
};

struct ScanRequest {
  uint32_t group = 0;
  /** Logical keys. */
  std::string lower;
  std::string upper;
  uint64_t max_rows = 0;
  uint64_t max_bytes = 0;
  bool reverse = false;
  uint64_t value_prefix_bytes = UINT64_MAX;
  SnapshotHandle snapshot;
};

class Reader {
 public:
  Reader(const Instances* instances, EventQueue* events, Statistics* statistics)
      : instances_(instances), events_(events), statistics_(statistics) {}

  /** `key` is a whole row key: group, then the logical key. */
  ReadResult Get(Slice row_key, Tier tier, rocksdb::PinnableSlice* value) const;
  /** Rows in the order of the keys, each with an empty key. False on failure, which has been told. */
  bool MultiGet(uint32_t group, const std::vector<Slice>& keys, Tier tier, Page* page) const;
  ReadResult Scan(const ScanRequest& request, Tier tier, Page* page) const;

  /** Tells a failed read to the engine's listener. */
  ReadResult Failed(const Status& status) const;

 private:
  bool GetEach(uint32_t group, const std::vector<Slice>& keys, Page* page) const;
  bool GetTogether(uint32_t group, const std::vector<Slice>& keys, Page* page) const;
  ReadResult Walk(const ScanRequest& request, Tier tier, Page* page) const;

  const Instances* instances_;
  EventQueue* events_;
  Statistics* statistics_;
};

}  // namespace basalt
