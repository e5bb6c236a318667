#include "instance-options.h"

#include <algorithm>

#include "memtable.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"

namespace basalt {
namespace {

using rocksdb::ColumnFamilyOptions;
using rocksdb::CompressionType;
using rocksdb::DBOptions;

constexpr size_t kMiB = size_t{1} << 20;

DBOptions CommonOptions() {
  DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // A failed write is never retried (DESIGN §2.1); the listener refuses the resume for lack of space as well.
  options.max_bgerror_resume_count = 0;
  options.recycle_log_file_num = 0;
  options.manual_wal_flush = false;
  // One thread at a time writes each instance; a queue of parallel writers would only cost.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  // Obsolete files and dropped iterators are cleaned up in the background, not on the thread that let go of them.
  options.avoid_unnecessary_blocking_io = true;
  // Closing flushes explicitly, both families at once, or not at all.
  options.avoid_flush_during_shutdown = true;
  // Spreads the write-back of large files, so that it does not gather into a stall of the log's next sync.
  options.bytes_per_sync = 1 * kMiB;
  options.compaction_readahead_size = 2 * kMiB;
  options.max_file_opening_threads = 4;
  options.skip_stats_update_on_db_open = true;
  options.max_manifest_file_size = 16 * kMiB;
  options.keep_log_file_num = 3;
  options.max_log_file_size = 4 * kMiB;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::BlockBasedTableOptions TableOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  // Index and filter blocks live in the block cache, or memory would grow with the data. Those of level 0, where a
  // read probes every file, stay pinned; the others are evicted after data blocks.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

bool Supports(CompressionType type) {
  const std::vector<CompressionType> supported = rocksdb::GetSupportedCompressions();
  return std::find(supported.begin(), supported.end(), type) != supported.end();
}

}  // namespace

DBOptions LogInstanceOptions() {
  DBOptions options = CommonOptions();
  // The end of the log may be damaged in any shape by a power loss, since what was not synced is written back in any
  // order: a later record may be whole behind an earlier torn one. Recovery therefore ends at the first damage and
  // keeps everything before it; what was acknowledged was synced and lies before it. The stricter mode refuses to
  // start on such a tail.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_total_wal_size = 128 * kMiB;
  options.max_background_jobs = 2;
  options.max_open_files = 128;
  return options;
}

DBOptions DataInstanceOptions() {
  DBOptions options = CommonOptions();
  // Without a write-ahead log only an atomic flush keeps kv_data, tombstones and the applied index of one moment.
  options.atomic_flush = true;
  options.max_background_jobs = 4;
  // Every table stays open: a Get from memory takes a table that is not open for a row with an empty value (7.8.3). What
  // an open table costs is small, since index and filter blocks lie in the block cache.
  options.max_open_files = -1;
  return options;
}

ColumnFamilyOptions RaftLogOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  ColumnFamilyOptions options;
  options.write_buffer_size = 32 * kMiB;
  options.max_write_buffer_number = 3;
  // Entries are written in order and deleted from the front: compactions find nothing to merge, and compressing what is
  // soon gone is wasted.
  options.compression = rocksdb::kNoCompression;
  options.target_file_size_base = 32 * kMiB;
  options.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table = TableOptions(cache);
  table.block_size = 16 * 1024;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

ColumnFamilyOptions SmallFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  ColumnFamilyOptions options;
  options.write_buffer_size = 2 * kMiB;
  options.max_write_buffer_number = 3;
  options.compression = rocksdb::kNoCompression;
  options.level_compaction_dynamic_level_bytes = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache)));
  return options;
}

ColumnFamilyOptions KeyValueOptions(const EngineOptions& engine, const std::shared_ptr<rocksdb::Cache>& cache) {
  ColumnFamilyOptions options;
  options.write_buffer_size = engine.write_buffer_bytes;
  options.memtable_factory = IndexedMemtables();
  options.max_write_buffer_number = 3;
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base = 32 * kMiB;
  options.max_bytes_for_level_base = 256 * kMiB;
  // Six flushes to a compaction of level 0: fewer cost more CPU for each write, more cost each read a filter.
  options.level0_file_num_compaction_trigger = 6;
  // The upper levels are rewritten soon and hold little: only what sinks is compressed.
  if (Supports(rocksdb::kLZ4Compression)) {
    options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  } else {
    options.compression = rocksdb::kNoCompression;
  }
  rocksdb::BlockBasedTableOptions table = TableOptions(cache);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

ColumnFamilyOptions TombstoneOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  ColumnFamilyOptions options = SmallFamilyOptions(cache);
  options.write_buffer_size = 8 * kMiB;
  return options;
}

std::shared_ptr<rocksdb::Cache> BlockCache(size_t bytes) { return rocksdb::NewLRUCache(bytes); }

}  // namespace basalt
