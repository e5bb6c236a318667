#include "events.h"

#include <algorithm>

namespace basalt {

void EventQueue::SetWake(std::function<void()> wake) {
  std::lock_guard<std::mutex> lock(mutex_);
  wake_ = std::move(wake);
  // What was pushed before there was anybody to wake has used up its signal.
  if (wake_ && signalled_) wake_();
}

bool EventQueue::Merge(const Event& event) {
  if (event.kind == EventKind::kLoaded || event.kind == EventKind::kClosed) return false;
  for (auto earlier = events_.rbegin(); earlier != events_.rend(); ++earlier) {
    if (earlier->kind != event.kind) continue;
    if (event.kind == EventKind::kLogSynced) {
      earlier->a = event.a;
      return true;
    }
    if (earlier->a == event.a) {
      // Two threads may tell what is persisted: the lower index must not win by coming later.
      earlier->b = std::max(earlier->b, event.b);
      return true;
    }
  }
  return false;
}

void EventQueue::Push(EventKind kind, uint64_t a, uint64_t b) {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool completion = kind <= EventKind::kPersisted;
  if (completion && failed_.load(std::memory_order_relaxed)) return;
  const Event event{kind, a, b};
  if (Merge(event)) return;
  events_.push_back(event);
  if (signalled_) return;
  signalled_ = true;
  if (wake_) wake_();
}

void EventQueue::Fail(const Outcome& what) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (failed_.load(std::memory_order_relaxed)) return;
    failure_ = what;
    failed_.store(true, std::memory_order_release);
  }
  Push(EventKind::kFailed, 0, 0);
}

Outcome EventQueue::failure() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

size_t EventQueue::Take(double* to, size_t max_events) {
  std::lock_guard<std::mutex> lock(mutex_);
  const size_t count = std::min(max_events, events_.size());
  for (size_t at = 0; at < count; at++) {
    to[at * 3] = static_cast<double>(events_[at].kind);
    to[at * 3 + 1] = static_cast<double>(events_[at].a);
    to[at * 3 + 2] = static_cast<double>(events_[at].b);
  }
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count));
  if (count < max_events) signalled_ = false;
  return count;
}

}  // namespace basalt
