// The RocksDB options of both instances and of every column family, each with its reason in instance-options.cc.
#pragma once

#include <memory>

#include "engine-options.h"
#include "rocksdb/cache.h"
#include "rocksdb/options.h"

namespace basalt {

/** Options that both instances share: no automatic resume, bounded files and logs, no direct I/O. */
rocksdb::DBOptions LogInstanceOptions();
rocksdb::DBOptions DataInstanceOptions();

rocksdb::ColumnFamilyOptions RaftLogOptions(const std::shared_ptr<rocksdb::Cache>& cache);
/** raft_state, snapshots, metadata, and the default families, which stay empty. */
rocksdb::ColumnFamilyOptions SmallFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache);
rocksdb::ColumnFamilyOptions KeyValueOptions(const EngineOptions& options, const std::shared_ptr<rocksdb::Cache>& cache);
rocksdb::ColumnFamilyOptions TombstoneOptions(const std::shared_ptr<rocksdb::Cache>& cache);

std::shared_ptr<rocksdb::Cache> BlockCache(size_t bytes);

}  // namespace basalt
