#include "statistics.h"

namespace basalt {

constexpr std::array<uint32_t, 12> Statistics::kSyncBoundsMicros;

void Statistics::AddSync(uint64_t micros) {
  Add(log_syncs, 1);
  Add(log_sync_micros, micros);
  Set(last_log_sync_micros, micros);
  size_t bucket = 0;
  while (bucket < kSyncBoundsMicros.size() && micros > kSyncBoundsMicros[bucket]) bucket++;
  Add(log_sync_buckets[bucket], 1);
}

void AppendCounters(const Statistics& statistics, Figures* figures) {
  const auto put = [figures](std::string name, const Counter& counter) {
    figures->emplace_back(std::move(name), static_cast<double>(counter.load(std::memory_order_relaxed)));
  };
  put("logBatchesTotal", statistics.log_batches);
  put("logWritesTotal", statistics.log_writes);
  put("logEntriesTotal", statistics.log_entries);
  put("logBytesTotal", statistics.log_bytes);
  put("logSyncsTotal", statistics.log_syncs);
  put("logSyncsInPlaceTotal", statistics.log_syncs_in_place);
  put("logSyncTimeMicrosTotal", statistics.log_sync_micros);
  put("logWriteTimeMicrosTotal", statistics.log_write_micros);
  put("lastLogSyncMicros", statistics.last_log_sync_micros);
  put("logQueueBatches", statistics.log_queue_batches);
  const auto& bounds = Statistics::kSyncBoundsMicros;
  for (size_t bucket = 0; bucket <= bounds.size(); bucket++) {
    const std::string name = bucket < bounds.size() ? "logSyncsWithin" + std::to_string(bounds[bucket]) + "MicrosTotal"
                                                    : "logSyncsSlowerTotal";
    put(name, statistics.log_sync_buckets[bucket]);
  }
  put("applyBatchesTotal", statistics.apply_batches);
  put("applyEntriesTotal", statistics.apply_entries);
  put("applyOperationsTotal", statistics.apply_operations);
  put("applyWrittenOperationsTotal", statistics.apply_written_operations);
  put("applyBytesTotal", statistics.apply_bytes);
  put("applyTimeMicrosTotal", statistics.apply_micros);
  put("replayedEntriesTotal", statistics.replayed_entries);
  put("getsTotal", statistics.gets);
  put("getsNotInMemoryTotal", statistics.gets_not_in_memory);
  put("scansTotal", statistics.scans);
  put("scansNotInMemoryTotal", statistics.scans_not_in_memory);
  put("loadsTotal", statistics.loads);
  put("loadTimeMicrosTotal", statistics.load_micros);
  put("dataFlushesTotal", statistics.data_flushes);
}

}  // namespace basalt
