#include "loader-pool.h"

#include <pthread.h>

#include <algorithm>

#include "assertion.h"

namespace basalt {

void LoaderPool::Start(int threads) {
  BASALT_ASSERT(threads >= 2, "beside a walk there is a thread for other jobs");
  for (int each = 0; each < threads; each++) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), "basalt-load");
  }
}

void LoaderPool::Submit(std::function<void()> job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void LoaderPool::SubmitWalk(uint64_t id, Walk walk) {
  BASALT_ASSERT(id != 0, "a walk has an id");
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return;
    walks_.push_back(WaitingWalk{id, std::move(walk)});
  }
  wake_.notify_one();
}

void LoaderPool::CancelWalk(uint64_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (id == running_walk_) stop_walk_ = true;
  const auto is_it = [id](const WaitingWalk& waiting) { return waiting.id == id; };
  walks_.erase(std::remove_if(walks_.begin(), walks_.end(), is_it), walks_.end());
}

void LoaderPool::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    stop_walk_ = true;
    jobs_.clear();
    walks_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void LoaderPool::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty() || HasWalkToRun(); });
    if (stopping_) return;
    // Walks first: one thread at most is with them, and jobs without an end would leave them none.
    if (HasWalkToRun()) {
      RunWalk(&lock);
      continue;
    }
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

void LoaderPool::RunWalk(std::unique_lock<std::mutex>* lock) {
  WaitingWalk running = std::move(walks_.front());
  walks_.pop_front();
  running_walk_ = running.id;
  stop_walk_ = false;
  lock->unlock();
  const bool more = running.walk(stop_walk_);
  lock->lock();
  running_walk_ = 0;
  if (more && !stop_walk_) {
    walks_.push_back(std::move(running));
  } else {
    // What it holds (a snapshot) is given back without the lock.
    lock->unlock();
    running.walk = nullptr;
    lock->lock();
  }
  if (!walks_.empty()) wake_.notify_one();
}

}  // namespace basalt
