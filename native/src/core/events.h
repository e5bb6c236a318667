// What the engine's threads tell JavaScript: a queue of (kind, a, b) triples under one lock. The wake-up is called only
// when the queue goes from drained to not empty; events that a later one contains (a higher ticket, a higher index of the
// same group) are merged, so the queue stays as short as the number of groups. After a failure no completion is told any
// more, which is what keeps a false acknowledgement from leaving the engine.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "outcome.h"

namespace basalt {

enum class EventKind : uint8_t {
  kLogSynced = 1,  // ticket
  kApplied = 2,    // group, index
  kPersisted = 3,  // group, index
  kFailed = 4,
  kLoaded = 5,  // load id
  kClosed = 6,
};

class EventQueue {
 public:
  /**
   * Called from any thread, with no lock of the engine held that a taker of events could need; from inside this call if
   * events wait already.
   */
  void SetWake(std::function<void()> wake);

  void LogSynced(uint64_t ticket) { Push(EventKind::kLogSynced, ticket, 0); }
  void Applied(uint32_t group, uint64_t index) { Push(EventKind::kApplied, group, index); }
  void Persisted(uint32_t group, uint64_t index) { Push(EventKind::kPersisted, group, index); }
  void Loaded(uint64_t load) { Push(EventKind::kLoaded, load, 0); }
  void Closed() { Push(EventKind::kClosed, 0, 0); }

  /** The first failure of the engine: told once, and the end of all completions. */
  void Fail(const Outcome& what);
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  Outcome failure() const;

  /** Moves up to `max_events` triples to `to` and returns how many. Fewer than `max_events` means drained. */
  size_t Take(double* to, size_t max_events);

 private:
  struct Event {
    EventKind kind;
    uint64_t a;
    uint64_t b;
  };

  void Push(EventKind kind, uint64_t a, uint64_t b);
  bool Merge(const Event& event);

  mutable std::mutex mutex_;
  std::vector<Event> events_;
  bool signalled_ = false;
  std::function<void()> wake_;
  std::atomic<bool> failed_{false};
  Outcome failure_;
};

}  // namespace basalt
