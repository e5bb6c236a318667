// What an engine is opened with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "rocksdb/file_system.h"

namespace basalt {

struct EngineOptions {
  std::string directory;
  uint64_t node_id = 1;
  /** False only for benchmarks: the log is written and never synced. */
  bool sync = true;
  /** The block cache that both instances share. */
  size_t cache_bytes = size_t{128} << 20;
  /** One memtable of kv_data; up to three exist. */
  size_t write_buffer_bytes = size_t{64} << 20;
  int loader_threads = 4;
  /** Stands between RocksDB and the disk in the test build. */
  std::shared_ptr<rocksdb::FileSystem> file_system;
};

}  // namespace basalt
