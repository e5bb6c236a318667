// A few threads for reads that may touch the disk: loads, the garbage scan, and the check of what a flush has persisted
// are jobs, taken in order and run beside one another. Walks over whole databases may take minutes, so they go by other
// rules: one runs at a time, whatever their number, and the other threads stay with the jobs; it runs in parts, and the
// walks take turns, so that a short one does not wait for the end of a long one; and each can be called off.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace basalt {

class LoaderPool {
 public:
  /** Does a part of its work, no more once `stop` is set, and returns whether something is left to do. */
  using Walk = std::function<bool(const std::atomic<bool>& stop)>;

  LoaderPool() = default;
  ~LoaderPool() { Stop(); }
  LoaderPool(const LoaderPool&) = delete;
  LoaderPool& operator=(const LoaderPool&) = delete;

  /** At least two, or a walk would keep the jobs waiting. */
  void Start(int threads);
  void Submit(std::function<void()> job);
  void SubmitWalk(uint64_t id, Walk walk);
  /** The walk ends soon if it runs and is dropped if it waits; nothing happens if it has ended. */
  void CancelWalk(uint64_t id);
  /** Running jobs end, a running walk soon; what waits is dropped. */
  void Stop();

 private:
  struct WaitingWalk {
    uint64_t id;
    Walk walk;
  };

  void Run();
  void RunWalk(std::unique_lock<std::mutex>* lock);
  bool HasWalkToRun() const { return !walks_.empty() && running_walk_ == 0; }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::deque<WaitingWalk> walks_;
  /** 0: none. */
  uint64_t running_walk_ = 0;
  /** For the one that runs. */
  std::atomic<bool> stop_walk_{false};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace basalt
