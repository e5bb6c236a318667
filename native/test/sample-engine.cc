#include "sample-engine.h"

#include "harness.h"

namespace basalt_test {

using namespace basalt;

EngineOptions SmallOptions(const std::string& directory) {
  EngineOptions options;
  options.directory = directory;
  options.node_id = 3;
  options.cache_bytes = size_t{4} << 20;
  options.write_buffer_bytes = size_t{256} << 10;
  return options;
}

SampleEngine::SampleEngine(const EngineOptions& options) {
  const Outcome outcome = Engine::Open(options, &engine_);
  if (!outcome.ok()) std::fprintf(stderr, "\n%s: %s\n", outcome.code().c_str(), outcome.message().c_str());
  CHECK(outcome.ok());
  const LogBounds bounds = engine_->groups().log_bounds(kGroup);
  const AppliedRecord applied = engine_->groups().applied(kGroup);
  next_index_ = bounds.last_index + 1;
  term_ = std::max<uint64_t>(bounds.last_term, 1);
  hlc_ = applied.hlc + 1000000;
  applied_index_ = persisted_index_ = applied.index;
  engine_->events().SetWake([this] {
    std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  });
}

SampleEngine::~SampleEngine() {
  engine_->Close();
  engine_->events().SetWake(nullptr);
}

uint64_t SampleEngine::Submit(const std::vector<SampleOperation>& operations) {
  return SubmitPayload(SamplePayload({term_, next_hlc(), 0, 0}, operations));
}

uint64_t SampleEngine::SubmitPayload(const std::string& payload) {
  SampleBatch batch;
  batch.Append(kGroup, next_index_, term_, payload);
  SubmitBatch(batch);
  return next_index_++;
}

void SampleEngine::SubmitBatch(const SampleBatch& batch) { last_ticket_ = engine_->SubmitLog(batch.Work()); }

bool SampleEngine::SubmitInPlace(const SampleBatch& batch) {
  const bool is_synced = engine_->SubmitLogInPlace(batch.Work());
  last_ticket_++;
  if (is_synced) {
    // All before it are reported by now.
    Drain();
    CHECK(synced_ticket_ == last_ticket_ - 1);
    synced_ticket_ = last_ticket_;
  }
  return is_synced;
}

void SampleEngine::Drain() {
  double events[3 * 4];
  size_t count;
  do {
    count = engine_->events().Take(events, 4);
    for (size_t at = 0; at < count; at++) {
      const uint64_t a = static_cast<uint64_t>(events[at * 3 + 1]), b = static_cast<uint64_t>(events[at * 3 + 2]);
      switch (static_cast<EventKind>(static_cast<uint8_t>(events[at * 3]))) {
        case EventKind::kLogSynced:
          CHECK(a > synced_ticket_ && a <= last_ticket_);
          synced_ticket_ = a;
          break;
        case EventKind::kApplied:
          CHECK(b > applied_index_ && a == kGroup);
          applied_index_ = b;
          break;
        case EventKind::kPersisted:
          CHECK(b > persisted_index_ && a == kGroup);
          persisted_index_ = b;
          break;
        case EventKind::kFailed:
          failed_ = true;
          break;
        default:
          break;
      }
    }
  } while (count == 4);
}

bool SampleEngine::WaitFor(const std::function<bool()>& condition) {
  for (;;) {
    Drain();
    if (condition()) return true;
    if (failed_) return false;
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return woken_; });
    woken_ = false;
  }
}

uint64_t SampleEngine::synced_ticket() {
  Drain();
  return synced_ticket_;
}

bool SampleEngine::WaitSynced() {
  return WaitFor([this] { return synced_ticket_ == last_ticket_; });
}

bool SampleEngine::WaitApplied(uint64_t index) {
  return WaitFor([this, index] { return applied_index_ >= index; });
}

bool SampleEngine::WaitPersisted(uint64_t index) {
  return WaitFor([this, index] { return persisted_index_ >= index; });
}

bool SampleEngine::Write(const std::vector<SampleOperation>& operations) {
  const uint64_t index = Submit(operations);
  if (!WaitSynced()) return false;
  engine_->SubmitApply(kGroup, index);
  return WaitApplied(index);
}

std::string SampleEngine::Read(const std::string& key) {
  rocksdb::PinnableSlice value;
  const ReadResult result = engine_->reader().Get(GroupPrefix(kGroup) + key, Tier::kAnywhere, &value);
  CHECK(result == ReadResult::kFound || result == ReadResult::kAbsent);
  return result == ReadResult::kFound ? value.ToString() : std::string();
}

}  // namespace basalt_test
