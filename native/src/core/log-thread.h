// The log thread (DESIGN §1, §3): takes all batches that wait, writes them as one, syncs once, and only then reports the
// last ticket. `Write` goes without sync and `SyncWAL` follows, because a synced write holds RocksDB's write queue for the
// length of the fsync. A caller who has to wait for a small batch anyway may do the same on its own thread, when the log
// thread is not writing and nothing is under way (SubmitInPlace): that saves two wake-ups. Each sync raises the mark beside
// the log. The first failure ends it: nothing more is written, synced or reported.
//
// A compaction writes the truncation record at once and deletes the entries before it later, a few at a time, beside other
// batches or when nothing waits; what a crash leaves of them is found at open. Single deletes and never a range tombstone:
// RocksDB's iterators before 8.5 can swallow a read error where range tombstones are, and a log must not seem shorter.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "events.h"
#include "group-table.h"
#include "instances.h"
#include "log-work.h"
#include "rocksdb/write_batch.h"
#include "statistics.h"
#include "synced-mark.h"

namespace basalt {

class LogThread {
 public:
  LogThread(const Instances* instances, SyncedMark* mark, GroupTable* groups, EventQueue* events,
            Statistics* statistics, bool sync);
  ~LogThread() { Stop(false); }
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  void Start();
  /** Before Start: entries that an earlier process compacted and did not delete. */
  void AddStale(uint32_t group, uint64_t first, uint64_t last) { trims_.push_back(Trim{group, first, last}); }
  /** Checks the batch against the logs and queues it; returns its ticket. */
  uint64_t Submit(LogWork work);
  /**
   * Writes and syncs the batch on the calling thread, and says whether that is done: then its ticket is not reported. Where
   * the log thread has something to do, or only it may do this, it is queued as by Submit. A failure is told as any other.
   */
  bool SubmitInPlace(LogWork work);
  /** Ends the thread, after everything queued is synced if `drain`. */
  void Stop(bool drain);

 private:
  void Run();
  /**
   * Waits for work and takes batches from the front of the queue up to a size that keeps one write short; none if only
   * trims are left to do. False at the end.
   */
  bool TakeBatches(std::vector<LogWork>* taken);
  /** Writes `batch_`, which holds so many batches, and syncs it if there are any. */
  bool WriteAndSync(size_t batches);
  Status Sync();
  /** Adds all that the work changes to the batch. */
  void AddChanges(const LogWork& work);
  void AddChange(const LogChange& change);
  void AddDelete(uint32_t group, uint64_t index);
  /** Adds some deletes of compacted entries to the batch. */
  void AddTrims();

  const Instances* const instances_;
  SyncedMark* const mark_;
  GroupTable* const groups_;
  EventQueue* const events_;
  Statistics* const statistics_;
  const bool sync_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<LogWork> queue_;
  uint64_t last_ticket_ = 0;
  /** Of batches that are synced. */
  uint64_t synced_ticket_ = 0;
  bool stopping_ = false;
  bool drain_ = false;

  /** Compacted entries that are still there: [first, last] of a group. Log thread only, once it runs: no batch in place has any. */
  struct Trim {
    uint32_t group;
    uint64_t first;
    uint64_t last;
  };
  std::deque<Trim> trims_;

  /** Held by whoever writes: the log thread, or one that submits in place. Taken before `mutex_`. */
  std::mutex writing_;
  rocksdb::WriteBatch batch_;
  std::thread thread_;
};

}  // namespace basalt
