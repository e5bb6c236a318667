#include "engine-figures.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstdlib>
#include <cstring>

#include "rocksdb/db.h"

namespace basalt {
namespace {

uint64_t Property(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family, const std::string& name) {
  uint64_t value = 0;
  return database->GetIntProperty(family, name, &value) ? value : 0;
}

uint64_t Aggregated(rocksdb::DB* database, const std::string& name) {
  uint64_t value = 0;
  return database->GetAggregatedIntProperty(name, &value) ? value : 0;
}

uint64_t FilesAtLevel0(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family) {
  std::string count;
  const bool known = database->GetProperty(family, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &count);
  return known ? std::strtoull(count.c_str(), nullptr, 10) : 0;
}

/** Bytes of the write-ahead log files: those named NUMBER.log. */
uint64_t WalBytes(const std::string& path) {
  DIR* directory = opendir(path.c_str());
  if (!directory) return 0;
  uint64_t bytes = 0;
  while (const dirent* entry = readdir(directory)) {
    const size_t length = std::strlen(entry->d_name);
    if (length < 5 || std::strcmp(entry->d_name + length - 4, ".log") != 0) continue;
    struct stat status;
    if (stat((path + "/" + entry->d_name).c_str(), &status) == 0) bytes += static_cast<uint64_t>(status.st_size);
  }
  closedir(directory);
  return bytes;
}

void AppendInstance(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family, const rocksdb::Statistics& counted,
                    const std::string& name, Figures* figures) {
  using Properties = rocksdb::DB::Properties;
  const auto put = [&](const char* what, uint64_t value) {
    figures->emplace_back(name + what, static_cast<double>(value));
  };
  put("MemtableBytes", Aggregated(database, Properties::kCurSizeAllMemTables));
  put("SstBytes", Aggregated(database, Properties::kTotalSstFilesSize));
  put("LiveSstBytes", Aggregated(database, Properties::kLiveSstFilesSize));
  put("Level0Files", FilesAtLevel0(database, family));
  put("PendingCompactionBytes", Aggregated(database, Properties::kEstimatePendingCompactionBytes));
  put("TableReaderBytes", Aggregated(database, Properties::kEstimateTableReadersMem));
  put("RunningCompactions", Property(database, family, Properties::kNumRunningCompactions));
  put("RunningFlushes", Property(database, family, Properties::kNumRunningFlushes));
  put("ImmutableMemtables", Property(database, family, Properties::kNumImmutableMemTable));
  put("WritesAreStopped", Property(database, family, Properties::kIsWriteStopped));
  put("DelayedWriteBytesPerSecond", Property(database, family, Properties::kActualDelayedWriteRate));
  put("BackgroundErrorsTotal", Property(database, family, Properties::kBackgroundErrors));
  put("CompactionReadBytesTotal", counted.getTickerCount(rocksdb::COMPACT_READ_BYTES));
  put("CompactionWrittenBytesTotal", counted.getTickerCount(rocksdb::COMPACT_WRITE_BYTES));
  put("FlushWrittenBytesTotal", counted.getTickerCount(rocksdb::FLUSH_WRITE_BYTES));
  put("StallMicrosTotal", counted.getTickerCount(rocksdb::STALL_MICROS));
}

}  // namespace

void AppendInstanceFigures(const Instances& instances, const std::string& log_path, Figures* figures) {
  AppendInstance(instances.data(), instances.key_values, instances.data_statistics(), "data", figures);
  AppendInstance(instances.log(), instances.raft_log, instances.log_statistics(), "log", figures);
  figures->emplace_back("estimatedRows", static_cast<double>(Property(instances.data(), instances.key_values,
                                                                      rocksdb::DB::Properties::kEstimateNumKeys)));
  figures->emplace_back("walBytes", static_cast<double>(WalBytes(log_path)));
  const auto counter = [&](const char* what, uint32_t ticker) {
    figures->emplace_back(what, static_cast<double>(instances.data_statistics().getTickerCount(ticker) +
                                                    instances.log_statistics().getTickerCount(ticker)));
  };
  counter("blockCacheHitsTotal", rocksdb::BLOCK_CACHE_HIT);
  counter("blockCacheMissesTotal", rocksdb::BLOCK_CACHE_MISS);
  counter("bloomFilterAvoidedReadsTotal", rocksdb::BLOOM_FILTER_USEFUL);
  figures->emplace_back("blockCacheUsedBytes", static_cast<double>(instances.cache()->GetUsage()));
  figures->emplace_back("blockCachePinnedBytes", static_cast<double>(instances.cache()->GetPinnedUsage()));
  figures->emplace_back("blockCacheCapacityBytes", static_cast<double>(instances.cache()->GetCapacity()));
}

}  // namespace basalt
