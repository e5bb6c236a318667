// One open data directory: constructs both instances and the threads, wires them, and takes them down in order. The
// methods may be called from any thread; the environment that opened the engine takes its events. After a failure
// everything submitted is refused or ignored, reads still answer, and Close writes nothing more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apply-thread.h"
#include "checkpoints.h"
#include "directory.h"
#include "engine-options.h"
#include "events.h"
#include "group-table.h"
#include "instances.h"
#include "loader-pool.h"
#include "log-store.h"
#include "log-thread.h"
#include "node-metadata.h"
#include "outcome.h"
#include "reader.h"
#include "snapshots.h"
#include "statistics.h"
#include "synced-mark.h"

namespace basalt {

class Engine {
 public:
  static Outcome Open(const EngineOptions& options, std::unique_ptr<Engine>* engine);
  ~Engine() { Shut(false); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  EventQueue& events() { return events_; }
  GroupTable& groups() { return groups_; }
  const Reader& reader() const { return reader_; }
  const LogStore& log_store() const { return log_store_; }
  const NodeMetadata& metadata() const { return metadata_; }
  const Instances& instances() const { return instances_; }
  Snapshots& snapshots() { return snapshots_; }

  uint64_t SubmitLog(LogWork work) { return log_thread_.Submit(std::move(work)); }
  bool SubmitLogInPlace(LogWork work) { return log_thread_.SubmitInPlace(std::move(work)); }
  void SubmitApply(uint32_t group, uint64_t last_index) { apply_thread_.Submit(group, last_index); }
  /** Runs on a loader thread; dropped if the engine closes first. */
  void SubmitLoad(std::function<void()> job);
  /** The same for what may take long; `load` names it for CancelWalk. */
  void SubmitWalk(uint64_t load, LoaderPool::Walk walk);
  void CancelWalk(uint64_t load) { loaders_.CancelWalk(load); }
  /** Asks for an atomic flush of both data families. */
  void Flush();
  /** Held entries first, then the log. */
  Outcome ReadEntries(uint32_t group, uint64_t low, uint64_t high, size_t max_bytes, std::vector<HeldEntry>* to) const;

  /** On a loader thread, one at a time; see checkpoints.h. */
  Outcome Checkpoint(const std::string& name, size_t kept);

  Figures Gather() const;

  /** Finishes what was submitted, flushes the data, lets go of the directory. Blocks; a second call does nothing. */
  void Close() { Shut(true); }
  /** Ends at once, as a crash would: for an environment that is torn down. */
  void Abandon() { Shut(false); }

 private:
  explicit Engine(const EngineOptions& options);
  Outcome OpenInstances();
  Outcome LoadGroups();
  Outcome LoadGroup(uint32_t group);
  void FinishData();
  Status FlushData(bool wait);
  void TryFlush();
  /** Reads what a flush has brought to disk and tells it. Loader thread. */
  void TellPersisted();
  void DataFlushed();
  void Shut(bool finish);

  const EngineOptions options_;
  Directory directory_;
  EventQueue events_;
  Statistics statistics_;
  GroupTable groups_;
  Instances instances_;
  SyncedMark synced_mark_;
  NodeMetadata metadata_;
  LogStore log_store_;
  Snapshots snapshots_;
  Reader reader_;
  LogThread log_thread_;
  ApplyThread apply_thread_;
  LoaderPool loaders_;
  Checkpoints checkpoints_;
  std::atomic<bool> persisted_check_queued_{false};
  std::atomic<bool> flush_is_wanted_{false};
  bool shut_ = false;
};

}  // namespace basalt
