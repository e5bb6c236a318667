// A few threads for reads that may touch the disk: loads, counts, the garbage scan, and the check of what a flush has
// persisted. Jobs are taken in order and run beside one another.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace basalt {

class LoaderPool {
 public:
  LoaderPool() = default;
  ~LoaderPool() { Stop(); }
  LoaderPool(const LoaderPool&) = delete;
  LoaderPool& operator=(const LoaderPool&) = delete;

  void Start(int threads);
  void Submit(std::function<void()> job);
  /** Running jobs end; waiting ones are dropped. */
  void Stop();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace basalt
