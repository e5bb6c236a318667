// The two RocksDB instances and their column families (DESIGN §3): `log/` is written with a write-ahead log that only the
// log thread syncs, `data/` without one and flushed atomically. Background errors of either end the engine through
// `on_error`; a finished flush of the data is told by `on_data_flush`. Both callbacks come from RocksDB's threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine-options.h"
#include "outcome.h"
#include "rocksdb/cache.h"
#if __has_include("rocksdb/advanced_cache.h")
#include "rocksdb/advanced_cache.h"  // From 8.1 on Cache is defined here.
#endif
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/statistics.h"

namespace basalt {

using rocksdb::ColumnFamilyHandle;
using rocksdb::Status;

class Instances {
 public:
  using ErrorCallback = std::function<void(const std::string&)>;
  using FlushCallback = std::function<void()>;

  Instances() = default;
  ~Instances() { Close(); }
  Instances(const Instances&) = delete;
  Instances& operator=(const Instances&) = delete;

  Outcome OpenLog(const EngineOptions& options, const std::string& path, ErrorCallback on_error);
  Outcome OpenData(const EngineOptions& options, const std::string& path, ErrorCallback on_error,
                   FlushCallback on_data_flush);
  /** Writes nothing: what was not flushed is gone. Waits for running background work. */
  void Close();

  rocksdb::DB* log() const { return log_.get(); }
  rocksdb::DB* data() const { return data_.get(); }
  rocksdb::Cache* cache() const { return cache_.get(); }
  const rocksdb::Statistics& log_statistics() const { return *log_statistics_; }
  const rocksdb::Statistics& data_statistics() const { return *data_statistics_; }

  ColumnFamilyHandle* raft_log = nullptr;
  ColumnFamilyHandle* raft_state = nullptr;
  ColumnFamilyHandle* snapshots = nullptr;
  ColumnFamilyHandle* metadata = nullptr;
  ColumnFamilyHandle* key_values = nullptr;
  ColumnFamilyHandle* tombstones = nullptr;

  /** The family that a logical key belongs to by its space. */
  ColumnFamilyHandle* FamilyOfSpace(uint8_t space) const;

 private:
  rocksdb::Env* EnvironmentOf(const EngineOptions& options);
  rocksdb::Env* LogEnvironmentOf(const EngineOptions& options);

  std::unique_ptr<rocksdb::Env> environment_;
  std::unique_ptr<rocksdb::Env> log_environment_;
  std::shared_ptr<rocksdb::Cache> cache_;
  /** Counters only, no times and no histograms: those cost a clock for each operation. */
  std::shared_ptr<rocksdb::Statistics> log_statistics_;
  std::shared_ptr<rocksdb::Statistics> data_statistics_;
  std::vector<ColumnFamilyHandle*> log_handles_;
  std::vector<ColumnFamilyHandle*> data_handles_;
  std::unique_ptr<rocksdb::DB> log_;
  std::unique_ptr<rocksdb::DB> data_;
};

}  // namespace basalt
