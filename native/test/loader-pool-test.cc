// The loader threads: walks never take them all, take turns, and can be called off.
#include "loader-pool.h"

#include <chrono>
#include <memory>

#include "harness.h"

using namespace basalt;
using namespace basalt_test;

namespace {

/** Something that happens once, on another thread. */
class Signal {
 public:
  void Raise() {
    std::lock_guard<std::mutex> lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

/** A walk without an end: runs until it is stopped. */
LoaderPool::Walk Endless(Signal* begun, Signal* ended) {
  return [begun, ended](const std::atomic<bool>& stop) {
    begun->Raise();
    while (!stop) std::this_thread::yield();
    ended->Raise();
    return true;
  };
}

}  // namespace

TEST(JobsRunBesideAnyNumberOfWalks) {
  LoaderPool pool;
  pool.Start(2);
  Signal begun, ended;
  pool.SubmitWalk(1, Endless(&begun, &ended));
  begun.Wait();
  for (uint64_t id = 2; id < 50; id++) pool.SubmitWalk(id, Endless(&begun, &ended));
  for (int job = 0; job < 100; job++) {
    Signal done;
    pool.Submit([&done] { done.Raise(); });
    done.Wait();
  }
  pool.Stop();
  ended.Wait();
}

TEST(AWalkThatIsCalledOffEndsAndLetsGoOfWhatItHolds) {
  LoaderPool pool;
  pool.Start(2);
  Signal begun, ended;
  const auto running = std::make_shared<int>(1), waiting = std::make_shared<int>(2);
  const LoaderPool::Walk endless = Endless(&begun, &ended);
  pool.SubmitWalk(1, [running, endless](const std::atomic<bool>& stop) { return endless(stop); });
  begun.Wait();
  pool.SubmitWalk(2, [waiting](const std::atomic<bool>&) { return false; });
  pool.CancelWalk(2);
  CHECK(waiting.use_count() == 1);
  pool.CancelWalk(1);
  pool.CancelWalk(99);
  ended.Wait();
  Signal next;
  pool.SubmitWalk(3, [&next](const std::atomic<bool>& stop) {
    if (!stop) next.Raise();
    return false;
  });
  next.Wait();
  pool.Stop();
  CHECK(running.use_count() == 1);
}

TEST(WalksTakeTurns) {
  LoaderPool pool;
  pool.Start(2);
  Signal release, done;
  std::string order;
  pool.SubmitWalk(1, [&, parts = 0](const std::atomic<bool>&) mutable {
    if (parts == 0) release.Wait();
    order += 'a';
    return ++parts < 4;
  });
  pool.SubmitWalk(2, [&](const std::atomic<bool>&) {
    order += 'b';
    return false;
  });
  pool.SubmitWalk(3, [&, parts = 0](const std::atomic<bool>&) mutable {
    order += 'c';
    if (++parts < 6) return true;
    done.Raise();
    return false;
  });
  release.Raise();
  done.Wait();
  pool.Stop();
  CHECK(order == "abcacacaccc");
}
