#include "log-thread.h"

#include <pthread.h>

#include <chrono>
#include <iterator>

#include "assertion.h"
#include "log-entry.h"
#include "rocksdb/options.h"

namespace basalt {
namespace {

constexpr size_t kMaxWriteBytes = size_t{8} << 20;
/** A single batch is written as one however large it is: a buffer beyond this is given back. */
constexpr size_t kMaxKeptBytes = 2 * kMaxWriteBytes;
/** Deletes of compacted entries that one write carries at most: about a millisecond's. */
constexpr uint64_t kMaxTrimmedEntries = 2048;

uint64_t MicrosSince(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::steady_clock::now() - start;
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

/** It leaves nothing behind that the log thread would have to delete. */
bool IsPlain(const LogWork& work) {
  for (const LogChange& change : work.changes) {
    if (change.kind == LogChange::kCompact) return false;
  }
  return true;
}

}  // namespace

LogThread::LogThread(const Instances* instances, SyncedMark* mark, GroupTable* groups, EventQueue* events,
                     Statistics* statistics, bool sync)
    : instances_(instances), mark_(mark), groups_(groups), events_(events), statistics_(statistics), sync_(sync) {}

void LogThread::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "basalt-log");
}

uint64_t LogThread::Submit(LogWork work) {
  groups_->Submit(&work);
  uint64_t ticket = 0;
  bool was_empty = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    was_empty = queue_.empty();
    ticket = work.ticket = ++last_ticket_;
    queue_.push_back(std::move(work));
    Set(statistics_->log_queue_batches, queue_.size());
  }
  if (was_empty) wake_.notify_one();
  return ticket;
}

bool LogThread::SubmitInPlace(LogWork work) {
  // The log thread may be deleting what was compacted, which takes a while.
  std::unique_lock<std::mutex> writing(writing_, std::try_to_lock);
  if (writing.owns_lock() && IsPlain(work)) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (synced_ticket_ == last_ticket_ && !stopping_) work.ticket = ++last_ticket_;
  }
  if (work.ticket == 0) {
    if (writing.owns_lock()) writing.unlock();
    Submit(std::move(work));
    return false;
  }
  groups_->Submit(&work);
  batch_.Clear();
  AddChanges(work);
  if (events_->failed() || !WriteAndSync(1)) return false;
  groups_->Synced(work);
  if (sync_) Add(statistics_->log_syncs_in_place, 1);
  std::lock_guard<std::mutex> lock(mutex_);
  synced_ticket_ = work.ticket;
  // Of the data, meanwhile: then nothing is reported any more, also what is synced.
  return !events_->failed();
}

void LogThread::Stop(bool drain) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    drain_ = drain;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool LogThread::TakeBatches(std::vector<LogWork>* taken) {
  taken->clear();
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty() || !trims_.empty(); });
  if (stopping_ && (!drain_ || queue_.empty())) return false;
  size_t bytes = 0;
  size_t count = 0;
  while (count < queue_.size() && (count == 0 || bytes + queue_[count].bytes <= kMaxWriteBytes)) {
    bytes += queue_[count++].bytes;
  }
  if (count == queue_.size()) {
    taken->swap(queue_);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    taken->assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  Set(statistics_->log_queue_batches, queue_.size());
  return true;
}

void LogThread::Run() {
  std::vector<LogWork> batches;
  while (TakeBatches(&batches)) {
    {
      std::lock_guard<std::mutex> writing(writing_);
      batch_.Clear();
      for (const LogWork& work : batches) AddChanges(work);
      AddTrims();
      if (events_->failed() || !WriteAndSync(batches.size())) return;
    }
    if (batches.empty()) continue;
    for (const LogWork& work : batches) groups_->Synced(work);
    // In one step: a batch in place returns only when all before it are reported, and is not refused behind that report.
    std::lock_guard<std::mutex> lock(mutex_);
    synced_ticket_ = batches.back().ticket;
    events_->LogSynced(synced_ticket_);
  }
}

bool LogThread::WriteAndSync(size_t batches) {
  auto start = std::chrono::steady_clock::now();
  Status status = instances_->log()->Write(rocksdb::WriteOptions(), &batch_);
  Add(statistics_->log_write_micros, MicrosSince(start));
  if (batch_.GetDataSize() > kMaxKeptBytes) batch_ = rocksdb::WriteBatch();
  if (status.ok() && sync_ && batches > 0) {
    start = std::chrono::steady_clock::now();
    status = Sync();
    statistics_->AddSync(MicrosSince(start));
  }
  Add(statistics_->log_batches, batches);
  Add(statistics_->log_writes, 1);
  if (status.ok()) return true;
  events_->Fail(Outcome("STORAGE_FAILED", "A write to the raft log failed (" + status.ToString() +
                                              "); nothing behind it was acknowledged and the node must stop."));
  return false;
}

Status LogThread::Sync() {
  // Taken before: what another thread writes meanwhile may not be covered.
  const uint64_t sequence = instances_->log()->GetLatestSequenceNumber();
  const Status status = instances_->log()->SyncWAL();
  if (!status.ok()) return status;
  const Outcome raised = mark_->Raise(sequence);
  return raised.ok() ? status : Status::IOError(raised.message());
}

void LogThread::AddChanges(const LogWork& work) {
  for (const LogChange& change : work.changes) AddChange(change);
  Add(statistics_->log_bytes, work.bytes);
}

void LogThread::AddChange(const LogChange& change) {
  Status status;
  switch (change.kind) {
    case LogChange::kAppend: {
      SealLogEntry(change.group, change.index, change.term, change.entry_type, change.bytes, change.length);
      char key[kLogKeyBytes];
      PutLogKey(key, change.group, change.index);
      status = batch_.Put(instances_->raft_log, Slice(key, kLogKeyBytes), Slice(change.bytes, change.length));
      Add(statistics_->log_entries, 1);
      break;
    }
    case LogChange::kHardState:
      status = batch_.Put(instances_->raft_state, StateKey(change.group, StateField::kHardState),
                          EncodeHardState(change.hard_state));
      break;
    case LogChange::kCutSuffix:
      for (uint64_t index = change.first_removed; index <= change.last_removed; index++) AddDelete(change.group, index);
      break;
    case LogChange::kCompact:
      status = batch_.Put(instances_->raft_state, StateKey(change.group, StateField::kTruncation),
                          EncodeTruncation(Truncation{change.index, change.term}));
      if (change.first_removed <= change.last_removed) {
        trims_.push_back(Trim{change.group, change.first_removed, change.last_removed});
      }
      break;
    case LogChange::kConfiguration:
      status = batch_.Put(instances_->raft_state, StateKey(change.group, StateField::kConfiguration),
                          Slice(change.bytes, change.length));
      break;
  }
  BASALT_ASSERT(status.ok(), "a log batch can be packed");
}

void LogThread::AddDelete(uint32_t group, uint64_t index) {
  char key[kLogKeyBytes];
  PutLogKey(key, group, index);
  const Status status = batch_.Delete(instances_->raft_log, Slice(key, kLogKeyBytes));
  BASALT_ASSERT(status.ok(), "a delete can be packed");
}

void LogThread::AddTrims() {
  uint64_t left = kMaxTrimmedEntries;
  while (!trims_.empty() && left > 0) {
    Trim& trim = trims_.front();
    for (; trim.first <= trim.last && left > 0; left--) AddDelete(trim.group, trim.first++);
    if (trim.first > trim.last) trims_.pop_front();
  }
}

}  // namespace basalt
