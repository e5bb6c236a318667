#include "apply-thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "assertion.h"
#include "rocksdb/options.h"

namespace basalt {
namespace {

/** A batch is written once it holds this much: large enough to spread the cost of a write, short enough for readers. */
constexpr size_t kMaxBatchBytes = size_t{4} << 20;
constexpr size_t kMaxBatchOperations = 32768;
/** A batch in fragments is written as one however large it is: a buffer beyond this is given back. */
constexpr size_t kMaxKeptBytes = 4 * kMaxBatchBytes;

constexpr auto kLookInterval = std::chrono::milliseconds(1);
constexpr int kLooksBeforeSleep = 20;

}  // namespace

ApplyThread::ApplyThread(const Instances* instances, const LogStore* log, GroupTable* groups, EventQueue* events,
                         Statistics* statistics)
    : instances_(instances), log_(log), groups_(groups), events_(events), statistics_(statistics) {}

void ApplyThread::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "basalt-apply");
}

void ApplyThread::Submit(uint32_t group, uint64_t last_index) {
  groups_->SubmitApply(group, last_index);
  bool asleep = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    uint64_t& target = targets_[group];
    target = std::max(target, last_index);
    asleep = asleep_;
    asleep_ = false;
  }
  if (asleep) wake_.notify_one();
}

void ApplyThread::Stop(bool drain) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    drain_ = drain;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ApplyThread::WaitForWork(std::unique_lock<std::mutex>* lock) {
  const auto has_work = [this] { return stopping_ || !targets_.empty(); };
  for (int look = 0; look < kLooksBeforeSleep && !has_work(); look++) {
    wake_.wait_for(*lock, kLookInterval, [this] { return stopping_; });
  }
  asleep_ = true;
  wake_.wait(*lock, has_work);
  asleep_ = false;
}

bool ApplyThread::TakeTargets(std::map<uint32_t, uint64_t>* targets) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (targets->empty()) WaitForWork(&lock);
  if (stopping_ && !drain_) return false;
  for (const auto& each : targets_) {
    uint64_t& target = (*targets)[each.first];
    target = std::max(target, each.second);
  }
  targets_.clear();
  return !targets->empty();
}

GroupApplier* ApplyThread::ApplierOf(uint32_t group) {
  std::unique_ptr<GroupApplier>& applier = appliers_[group];
  if (!applier) applier = std::make_unique<GroupApplier>(group, groups_->applied(group));
  return applier.get();
}

void ApplyThread::Run() {
  std::map<uint32_t, uint64_t> targets;
  while (TakeTargets(&targets)) {
    for (auto each = targets.begin(); each != targets.end();) {
      GroupApplier* applier = ApplierOf(each->first);
      if (applier->next_index() > each->second) {
        each = targets.erase(each);
        continue;
      }
      if (events_->failed() || !ApplySome(each->first, applier, each->second)) return;
      ++each;
    }
  }
}

bool ApplyThread::Fetch(uint32_t group, uint64_t index, uint64_t target, std::vector<HeldEntry>* entries) {
  groups_->TakeHeld(group, index, target, kMaxBatchBytes, entries);
  if (!entries->empty()) return true;
  const uint64_t end = groups_->FirstHeldBehind(group, index, target);
  const Outcome outcome = log_->ReadEntries(group, index, end, kMaxBatchBytes, entries);
  Add(statistics_->replayed_entries, entries->size());
  if (!outcome.ok()) events_->Fail(outcome);
  return outcome.ok();
}

bool ApplyThread::ApplySome(uint32_t group, GroupApplier* applier, uint64_t target) {
  std::vector<HeldEntry> entries;
  if (!Fetch(group, applier->next_index(), target, &entries)) return false;
  for (HeldEntry& entry : entries) {
    const uint64_t index = entry.index;
    const char* damage = applier->Add(std::move(entry));
    if (damage) {
      events_->Fail(Outcome("CORRUPT_PAYLOAD", "Entry " + std::to_string(index) + " of group " +
                                                   std::to_string(group) + " cannot be applied (" + damage +
                                                   "); nothing of it was applied. Restore this node from another copy."));
      return false;
    }
    const bool full = applier->collected_bytes() >= kMaxBatchBytes ||
                      applier->collected_operations() >= kMaxBatchOperations;
    if (full && !Write(group, applier)) return false;
  }
  return !applier->has_collected() || Write(group, applier);
}

bool ApplyThread::Write(uint32_t group, GroupApplier* applier) {
  const auto start = std::chrono::steady_clock::now();
  batch_.Clear();
  const size_t written = applier->Pack(*instances_, &batch_);
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const Status status = instances_->data()->Write(options, &batch_);
  if (!status.ok()) {
    events_->Fail(Outcome("STORAGE_FAILED", "A write of applied data failed (" + status.ToString() +
                                                "); nothing behind it was applied and the node must stop."));
    return false;
  }
  const auto passed = std::chrono::steady_clock::now() - start;
  Add(statistics_->apply_micros,
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(passed).count()));
  Add(statistics_->apply_batches, 1);
  Add(statistics_->apply_entries, applier->collected_entries());
  Add(statistics_->apply_operations, applier->collected_operations());
  Add(statistics_->apply_written_operations, written);
  Add(statistics_->apply_bytes, applier->collected_bytes());
  groups_->Applied(group, applier->record());
  applier->Clear();
  if (batch_.GetDataSize() > kMaxKeptBytes) batch_ = rocksdb::WriteBatch();
  events_->Applied(group, groups_->applied(group).index);
  return true;
}

}  // namespace basalt
