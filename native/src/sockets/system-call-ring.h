// Many sends or receives by one system call: a ring of Linux's io_uring that is used for nothing else. Everything that is
// put into it is told not to wait, so all of it has ended when `Run` returns: nothing is ever in flight between two calls,
// and whoever cannot have a ring (an old kernel, a container's seccomp profile) makes the same calls one by one. What that
// saves depends on what entering the kernel costs: perf-reports/2026-11-30-system-call-ring.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

struct io_uring_sqe;
struct io_uring_cqe;

namespace basalt {

class SystemCallRing {
 public:
  /** The most calls of one `Run`. */
  static constexpr size_t kMaxCalls = 64;

  /** nullptr where the kernel gives none that can do this. */
  static std::unique_ptr<SystemCallRing> Make();
  ~SystemCallRing();
  SystemCallRing(const SystemCallRing&) = delete;
  SystemCallRing& operator=(const SystemCallRing&) = delete;

  /** What the calls read or write stays valid and untouched until `Run` returns. At most kMaxCalls of both. */
  void AddSend(int fd, const char* bytes, size_t length);
  void AddReceive(int fd, char* bytes, size_t length);
  size_t calls() const { return calls_; }

  /** Makes the calls in the order in which they were added. Their results: bytes, or −errno (−EAGAIN: it would have waited). */
  const int32_t* Run();

 private:
  SystemCallRing() = default;
  bool SetUp();
  bool Probe();
  void Add(uint8_t operation, int fd, const char* bytes, size_t length);
  void Reap();

  int fd_ = -1;
  void* rings_ = nullptr;
  size_t rings_bytes_ = 0;
  io_uring_sqe* entries_ = nullptr;
  size_t entries_bytes_ = 0;
  uint32_t* submission_tail_ = nullptr;
  uint32_t submission_mask_ = 0;
  uint32_t* submission_places_ = nullptr;
  uint32_t* completion_head_ = nullptr;
  uint32_t* completion_tail_ = nullptr;
  uint32_t completion_mask_ = 0;
  io_uring_cqe* completions_ = nullptr;
  size_t calls_ = 0;
  size_t ended_ = 0;
  int32_t results_[kMaxCalls];
};

}  // namespace basalt
