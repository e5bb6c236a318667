// The apply thread (DESIGN §1): puts the committed entries of all groups into the data instance, several entries to an
// atomic batch, each batch with the group's applied record and without a write-ahead log. Entries come from memory where
// GroupTable holds them, else from raft_log (the replay after a start). An entry is applied only when its own log has
// synced it. The first failure ends it.
//
// While there is work it looks for more every millisecond instead of being woken for each entry: waking a thread costs the
// JavaScript thread ten microseconds, and entries that come together are cheaper to apply. Only a thread that has found
// nothing for a while sleeps until it is woken. Nobody waits for applying: replies wait for commit and visibility.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "events.h"
#include "group-applier.h"
#include "group-table.h"
#include "instances.h"
#include "log-store.h"
#include "statistics.h"

namespace basalt {

class ApplyThread {
 public:
  ApplyThread(const Instances* instances, const LogStore* log, GroupTable* groups, EventQueue* events,
              Statistics* statistics);
  ~ApplyThread() { Stop(false); }
  ApplyThread(const ApplyThread&) = delete;
  ApplyThread& operator=(const ApplyThread&) = delete;

  void Start();
  /** Asks for the group's entries up to `last_index`, which its log has synced. */
  void Submit(uint32_t group, uint64_t last_index);
  /** Ends the thread, after everything asked for is applied if `drain`. */
  void Stop(bool drain);

 private:
  void Run();
  /** Returns when there is something to take or the thread shall stop. */
  void WaitForWork(std::unique_lock<std::mutex>* lock);
  /** Waits if `targets` is empty, then adds what was submitted; false at the end. */
  bool TakeTargets(std::map<uint32_t, uint64_t>* targets);
  GroupApplier* ApplierOf(uint32_t group);
  /** Applies some entries of the group; false on failure. */
  bool ApplySome(uint32_t group, GroupApplier* applier, uint64_t target);
  bool Fetch(uint32_t group, uint64_t index, uint64_t target, std::vector<HeldEntry>* entries);
  bool Write(uint32_t group, GroupApplier* applier);

  const Instances* const instances_;
  const LogStore* const log_;
  GroupTable* const groups_;
  EventQueue* const events_;
  Statistics* const statistics_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<uint32_t, uint64_t> targets_;
  bool stopping_ = false;
  bool drain_ = false;
  /** Has to be woken for new work. */
  bool asleep_ = false;

  std::map<uint32_t, std::unique_ptr<GroupApplier>> appliers_;
  rocksdb::WriteBatch batch_;
  std::thread thread_;
};

}  // namespace basalt
