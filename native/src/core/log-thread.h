// The log thread (DESIGN §1, §3): takes all batches that wait, writes them as one, syncs once, and only then reports the
// last ticket. `Write` goes without sync and `SyncWAL` follows, because a synced write holds RocksDB's write queue for the
// length of the fsync. The first failure ends it: nothing more is written, synced or reported.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "events.h"
#include "group-table.h"
#include "instances.h"
#include "log-work.h"
#include "rocksdb/write_batch.h"
#include "statistics.h"

namespace basalt {

class LogThread {
 public:
  LogThread(const Instances* instances, GroupTable* groups, EventQueue* events, Statistics* statistics, bool sync);
  ~LogThread() { Stop(false); }
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  void Start();
  /** Checks the batch against the logs and queues it; returns its ticket. */
  uint64_t Submit(LogWork work);
  /** Ends the thread, after everything queued is synced if `drain`. */
  void Stop(bool drain);

 private:
  void Run();
  /** Takes batches from the front of the queue up to a size that keeps one write short. */
  std::vector<LogWork> TakeBatches();
  bool WriteAndSync(const std::vector<LogWork>& batches);
  void AddChange(const LogChange& change);

  const Instances* const instances_;
  GroupTable* const groups_;
  EventQueue* const events_;
  Statistics* const statistics_;
  const bool sync_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<LogWork> queue_;
  uint64_t last_ticket_ = 0;
  bool stopping_ = false;
  bool drain_ = false;

  rocksdb::WriteBatch batch_;
  std::thread thread_;
};

}  // namespace basalt
