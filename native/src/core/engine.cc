#include "engine.h"

#include <chrono>

#include "assertion.h"
#include "engine-figures.h"
#include "rocksdb/options.h"

namespace basalt {

Engine::Engine(const EngineOptions& options)
    : options_(options),
      metadata_(&instances_),
      log_store_(&instances_),
      snapshots_(&instances_),
      reader_(&instances_, &events_, &statistics_),
      log_thread_(&instances_, &groups_, &events_, &statistics_, options.sync),
      apply_thread_(&instances_, &log_store_, &groups_, &events_, &statistics_),
      checkpoints_(&instances_, &groups_, [this] { return FlushData(true); }) {}

Outcome Engine::Open(const EngineOptions& options, std::unique_ptr<Engine>* engine) {
  std::unique_ptr<Engine> opened(new Engine(options));
  Outcome outcome = opened->directory_.Create(options.directory);
  if (outcome.ok()) outcome = opened->directory_.Lock();
  if (outcome.ok()) outcome = opened->OpenInstances();
  if (outcome.ok()) outcome = opened->LoadGroups();
  if (!outcome.ok()) return outcome;
  opened->loaders_.Start(options.loader_threads);
  opened->log_thread_.Start();
  opened->apply_thread_.Start();
  *engine = std::move(opened);
  return Outcome();
}

Outcome Engine::OpenInstances() {
  const auto on_error = [this](const std::string& what) {
    events_.Fail(Outcome("STORAGE_FAILED", what + " Nothing behind it was acknowledged and the node must stop."));
  };
  Outcome outcome = instances_.OpenLog(options_, directory_.log_path(), on_error);
  if (outcome.ok()) outcome = metadata_.Claim(directory_.path(), options_.node_id);
  if (!outcome.ok()) return outcome;
  return instances_.OpenData(options_, directory_.data_path(), on_error, [this] { DataFlushed(); });
}

Outcome Engine::LoadGroups() {
  std::vector<uint32_t> groups;
  Outcome outcome = log_store_.Groups(&groups);
  if (!outcome.ok()) return outcome;
  for (const uint32_t group : groups) {
    LogBounds bounds;
    outcome = log_store_.ReadBounds(group, &bounds);
    if (!outcome.ok()) return outcome;
    AppliedRecord applied;
    rocksdb::PinnableSlice value;
    const Status status =
        instances_.data()->Get(rocksdb::ReadOptions(), instances_.key_values, AppliedRowKey(group), &value);
    const bool damaged = status.ok() ? !DecodeAppliedRecord(value, &applied) : !status.IsNotFound();
    if (damaged || applied.index < bounds.truncated.index) {
      return Outcome("STORAGE_CORRUPT",
                     "The data of group " + std::to_string(group) +
                         (damaged ? " has no readable applied record" : " ends before its raft log begins") +
                         "; the node did not start from it. Restore this node from another copy.");
    }
    groups_.Add(group, bounds, applied);
    if (bounds.first_stale_index > 0) log_thread_.AddStale(group, bounds.first_stale_index, bounds.truncated.index);
  }
  return Outcome();
}

void Engine::SubmitLoad(std::function<void()> job) {
  loaders_.Submit([this, job = std::move(job)] {
    const auto start = std::chrono::steady_clock::now();
    job();
    const auto passed = std::chrono::steady_clock::now() - start;
    Add(statistics_.loads, 1);
    Add(statistics_.load_micros,
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(passed).count()));
  });
}

Outcome Engine::ReadEntries(uint32_t group, uint64_t low, uint64_t high, size_t max_bytes,
                            std::vector<HeldEntry>* to) const {
  size_t bytes = 0;
  for (uint64_t index = low; index < high && (index == low || bytes <= max_bytes);) {
    // Alternately from memory and from the log: which entries are held changes meanwhile.
    std::vector<HeldEntry> part;
    groups_.TakeHeld(group, index, high - 1, max_bytes - bytes, &part);
    if (part.empty()) {
      const uint64_t end = groups_.FirstHeldBehind(group, index, high - 1);
      Outcome outcome = log_store_.ReadEntries(group, index, end, max_bytes - bytes, &part);
      if (!outcome.ok()) return outcome;
    }
    for (HeldEntry& entry : part) {
      if (index > low && bytes + entry.payload.size() > max_bytes) return Outcome();
      bytes += entry.payload.size();
      index++;
      to->push_back(std::move(entry));
    }
  }
  return Outcome();
}

Status Engine::FlushData(bool wait) {
  rocksdb::FlushOptions options;
  options.wait = wait;
  // A flush of one family alone would bring rows to disk without the applied index they belong to.
  return instances_.data()->Flush(options, {instances_.key_values, instances_.tombstones});
}

void Engine::Flush() {
  loaders_.Submit([this] { TryFlush(); });
}

void Engine::TryFlush() {
  if (events_.failed()) return;
  flush_is_wanted_ = true;
  const Status status = FlushData(false);
  // Writes are stopped until a flush that runs already has ended; the end of that one tries again.
  if (status.IsTryAgain()) return;
  flush_is_wanted_ = false;
  if (status.ok()) return TellPersisted();
  events_.Fail(Outcome("STORAGE_FAILED",
                       "A flush of applied data failed (" + status.ToString() + "); the node must stop."));
}

void Engine::DataFlushed() {
  Add(statistics_.data_flushes, 1);
  if (persisted_check_queued_.exchange(true)) return;
  loaders_.Submit([this] {
    persisted_check_queued_ = false;
    TellPersisted();
    if (flush_is_wanted_.exchange(false)) TryFlush();
  });
}

void Engine::TellPersisted() {
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kPersistedTier;
  for (const uint32_t group : groups_.groups()) {
    rocksdb::PinnableSlice value;
    const Status status = instances_.data()->Get(options, instances_.key_values, AppliedRowKey(group), &value);
    if (status.IsNotFound()) continue;
    AppliedRecord record;
    if (!status.ok() || !DecodeAppliedRecord(value, &record)) {
      reader_.Failed(status.ok() ? Status::Corruption("applied record") : status);
      return;
    }
    if (groups_.Persisted(group, record.index)) events_.Persisted(group, record.index);
  }
}

Outcome Engine::Checkpoint(const std::string& name, size_t kept) {
  if (events_.failed()) return events_.failure();
  return checkpoints_.Make(directory_.path(), name, kept);
}

Figures Engine::Gather() const {
  Figures figures;
  AppendCounters(statistics_, &figures);
  figures.emplace_back("applyQueueEntries", static_cast<double>(groups_.held_entries()));
  figures.emplace_back("applyQueueBytes", static_cast<double>(groups_.held_bytes()));
  figures.emplace_back("pinnedSnapshots", static_cast<double>(snapshots_.count()));
  AppendInstanceFigures(instances_, directory_.log_path(), &figures);
  return figures;
}

void Engine::Shut(bool finish) {
  if (shut_) return;
  shut_ = true;
  finish = finish && !events_.failed();
  // A log batch may still be followed by applying it, never the other way round.
  log_thread_.Stop(finish);
  apply_thread_.Stop(finish);
  loaders_.Stop();
  snapshots_.ReleaseAll();
  if (finish && !events_.failed() && instances_.data() != nullptr) {
    const Status status = FlushData(true);
    if (!status.ok()) {
      events_.Fail(Outcome("STORAGE_FAILED",
                           "The flush of applied data at the end failed (" + status.ToString() + ")."));
    }
  }
  instances_.Close();
  directory_.Unlock();
}

}  // namespace basalt
