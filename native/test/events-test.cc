// The queue of completions: when it wakes, what it merges, and that a failure is always told.
#include "events.h"
#include "harness.h"

using namespace basalt;
using namespace basalt_test;

namespace {

struct Told {
  EventKind kind;
  uint64_t a;
  uint64_t b;
};

std::vector<Told> TakeAll(EventQueue* queue) {
  double slots[3 * 16];
  const size_t count = queue->Take(slots, 16);
  std::vector<Told> told;
  for (size_t at = 0; at < count; at++) {
    told.push_back({static_cast<EventKind>(static_cast<uint8_t>(slots[at * 3])),
                    static_cast<uint64_t>(slots[at * 3 + 1]), static_cast<uint64_t>(slots[at * 3 + 2])});
  }
  return told;
}

}  // namespace

TEST(WhatIsToldBeforeThereIsAWakeWakes) {
  EventQueue queue;
  int wakes = 0;
  queue.Fail(Outcome("STORAGE_FAILED", "While the instance was being opened."));
  queue.SetWake([&wakes] { wakes++; });
  CHECK(wakes == 1);
  const std::vector<Told> told = TakeAll(&queue);
  CHECK(told.size() == 1 && told[0].kind == EventKind::kFailed);
  queue.Loaded(1);
  CHECK(wakes == 2);
}

TEST(AnEmptyQueueWakesNobody) {
  EventQueue queue;
  int wakes = 0;
  queue.SetWake([&wakes] { wakes++; });
  CHECK(wakes == 0);
  queue.LogSynced(1);
  queue.LogSynced(2);
  CHECK(wakes == 1);
  queue.SetWake(nullptr);
  queue.LogSynced(3);
  CHECK(wakes == 1);
}

TEST(TheHigherIndexIsToldWhicheverComesLast) {
  EventQueue queue;
  queue.Persisted(1, 200);
  queue.Persisted(1, 100);
  queue.Persisted(2, 5);
  const std::vector<Told> told = TakeAll(&queue);
  CHECK(told.size() == 2 && told[0].b == 200 && told[1].b == 5);
}
