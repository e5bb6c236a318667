#include "engine.h"

#include <chrono>

#include "assertion.h"
#include "engine-figures.h"
#include "rocksdb/options.h"

namespace basalt {
namespace {

uint64_t MicrosSince(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::steady_clock::now() - start;
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

}  // namespace

Engine::Engine(const EngineOptions& options)
    : options_(options),
      metadata_(&instances_, &synced_mark_),
      log_store_(&instances_),
      snapshots_(&instances_),
      reader_(&instances_, &events_, &statistics_),
      log_thread_(&instances_, &synced_mark_, &groups_, &events_, &statistics_, options.sync),
      apply_thread_(&instances_, &log_store_, &groups_, &events_, &statistics_),
      checkpoints_(&instances_, &groups_, [this] { return FlushData(true); }) {}

Outcome Engine::Open(const EngineOptions& options, std::unique_ptr<Engine>* engine) {
  std::unique_ptr<Engine> opened(new Engine(options));
  Outcome outcome = opened->directory_.Create(options.directory);
  if (outcome.ok()) outcome = opened->directory_.Lock();
  if (outcome.ok()) outcome = opened->OpenInstances();
  if (outcome.ok()) outcome = opened->LoadGroups();
  // A failure that nobody can be told of yet: of a compaction, say, that began with the opening of the data.
  if (outcome.ok() && opened->events_.failed()) outcome = opened->events_.failure();
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
  if (outcome.ok()) {
    outcome = synced_mark_.Open(directory_.log_path(), instances_.log()->GetLatestSequenceNumber());
  }
  bool is_new = false;
  if (outcome.ok()) outcome = metadata_.Check(directory_.path(), options_.node_id, &is_new);
  if (outcome.ok()) {
    outcome = instances_.OpenData(options_, directory_.data_path(), on_error, [this] { DataFlushed(); });
  }
  if (outcome.ok() && is_new) outcome = metadata_.Mark(directory_.path(), options_.node_id);
  return outcome;
}

Outcome Engine::LoadGroups() {
  // Also those that only the data knows: whoever starts such a group must see that its log is missing.
  std::vector<uint32_t> groups;
  Outcome outcome = log_store_.Groups(&groups);
  for (size_t at = 0; outcome.ok() && at < groups.size(); at++) outcome = LoadGroup(groups[at]);
  return outcome;
}

Outcome Engine::LoadGroup(uint32_t group) {
  LogBounds bounds;
  Outcome outcome = log_store_.ReadBounds(group, &bounds);
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
  return Outcome();
}

void Engine::SubmitLoad(std::function<void()> job) {
  loaders_.Submit([this, job = std::move(job)] {
    const auto start = std::chrono::steady_clock::now();
    job();
    Add(statistics_.loads, 1);
    Add(statistics_.load_micros, MicrosSince(start));
  });
}

void Engine::SubmitWalk(uint64_t load, LoaderPool::Walk walk) {
  loaders_.SubmitWalk(load, [this, walk = std::move(walk)](const std::atomic<bool>& stop) {
    const auto start = std::chrono::steady_clock::now();
    const bool more = walk(stop);
    if (!more) Add(statistics_.loads, 1);
    Add(statistics_.load_micros, MicrosSince(start));
    return more;
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
  figures.emplace_back("oldestPinnedSnapshotSeconds", static_cast<double>(snapshots_.oldest_seconds()));
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
  if (finish && !events_.failed() && instances_.data() != nullptr) FinishData();
  instances_.Close();
  synced_mark_.Close();
  directory_.Unlock();
}

void Engine::FinishData() {
  // Data that outlives its log cannot be started from: where the log thread does not sync, this does.
  Status status = options_.sync ? Status::OK() : instances_.log()->SyncWAL();
  if (status.ok()) status = FlushData(true);
  if (status.ok()) return;
  events_.Fail(Outcome("STORAGE_FAILED", "The flush of applied data at the end failed (" + status.ToString() + ")."));
}

}  // namespace basalt
