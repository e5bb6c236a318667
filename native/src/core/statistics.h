// Counters that the engine's threads add to, and the figures that go out under names of src/storage/native-statistics.ts.
// Counters are relaxed atomics: each is exact, a set of them is not one moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace basalt {

using Counter = std::atomic<uint64_t>;

inline void Add(Counter& counter, uint64_t amount) { counter.fetch_add(amount, std::memory_order_relaxed); }
inline void Set(Counter& counter, uint64_t value) { counter.store(value, std::memory_order_relaxed); }

struct Statistics {
  /** Upper ends of the sync time histogram's buckets; the last bucket has none. */
  static constexpr std::array<uint32_t, 12> kSyncBoundsMicros = {50,   100,  200,   400,   800,   1600,
                                                                 3200, 6400, 12800, 25600, 51200, 102400};

  // The log, by whoever writes it.
  Counter log_batches{0};
  Counter log_writes{0};
  Counter log_entries{0};
  Counter log_bytes{0};
  Counter log_syncs{0};
  /** Of them those that JavaScript waited for. */
  Counter log_syncs_in_place{0};
  Counter log_sync_micros{0};
  Counter last_log_sync_micros{0};
  Counter log_write_micros{0};
  std::array<Counter, kSyncBoundsMicros.size() + 1> log_sync_buckets{};
  Counter log_queue_batches{0};

  // Apply thread.
  Counter apply_batches{0};
  Counter apply_entries{0};
  Counter apply_operations{0};
  Counter apply_written_operations{0};
  Counter apply_bytes{0};
  Counter apply_micros{0};
  Counter replayed_entries{0};

  // Reads.
  Counter gets{0};
  Counter gets_not_in_memory{0};
  Counter scans{0};
  Counter scans_not_in_memory{0};
  Counter loads{0};
  Counter load_micros{0};

  Counter data_flushes{0};

  void AddSync(uint64_t micros);
};

using Figures = std::vector<std::pair<std::string, double>>;

/** Appends all counters under their public names. */
void AppendCounters(const Statistics& statistics, Figures* figures);

}  // namespace basalt
