// An engine as JavaScript drives it, for one group and from one thread: writes entries, waits for their sync and apply,
// reads back.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine.h"
#include "samples.h"

namespace basalt_test {

constexpr uint32_t kGroup = 7;

class SampleEngine {
 public:
  /** CHECKs that it opens. */
  explicit SampleEngine(const basalt::EngineOptions& options);
  ~SampleEngine();

  basalt::Engine& engine() { return *engine_; }

  /** Appends one entry of the operations and returns its index; does not wait. */
  uint64_t Submit(const std::vector<SampleOperation>& operations);
  uint64_t SubmitPayload(const std::string& payload);
  void SubmitBatch(const SampleBatch& batch);
  /** Whether it is synced already. */
  bool SubmitInPlace(const SampleBatch& batch);
  /** Waits until everything submitted is synced; false if the engine failed first. */
  bool WaitSynced();
  bool WaitApplied(uint64_t index);
  bool WaitPersisted(uint64_t index);
  /** Submits, waits, applies, waits. */
  bool Write(const std::vector<SampleOperation>& operations);

  /** "" for an absent row. */
  std::string Read(const std::string& key);

  uint64_t next_index() const { return next_index_; }
  uint64_t last_ticket() const { return last_ticket_; }
  uint64_t synced_ticket();
  void set_term(uint64_t term) { term_ = term; }
  uint64_t next_hlc() { return ++hlc_; }

 private:
  bool WaitFor(const std::function<bool()>& condition);
  void Drain();

  std::unique_ptr<basalt::Engine> engine_;
  uint64_t next_index_ = 1;
  uint64_t term_ = 1;
  uint64_t hlc_ = 0;
  uint64_t last_ticket_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  uint64_t synced_ticket_ = 0;
  uint64_t applied_index_ = 0;
  uint64_t persisted_index_ = 0;
  bool failed_ = false;
};

/** Small buffers, so that tests flush and rotate. */
basalt::EngineOptions SmallOptions(const std::string& directory);

}  // namespace basalt_test
