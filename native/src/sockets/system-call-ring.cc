#include "system-call-ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "assertion.h"

namespace basalt {
namespace {

uint32_t* At(void* base, uint32_t offset) { return reinterpret_cast<uint32_t*>(static_cast<char*>(base) + offset); }

int Enter(int fd, size_t submit, size_t wait) {
  return static_cast<int>(syscall(__NR_io_uring_enter, fd, static_cast<unsigned>(submit), static_cast<unsigned>(wait),
                                  wait > 0 ? IORING_ENTER_GETEVENTS : 0u, nullptr, size_t{0}));
}

}  // namespace

std::unique_ptr<SystemCallRing> SystemCallRing::Make() {
  std::unique_ptr<SystemCallRing> ring(new SystemCallRing());
  // A seccomp profile may allow the one call and not the other.
  if (!ring->SetUp() || Enter(ring->fd_, 0, 0) < 0 || !ring->Probe()) return nullptr;
  return ring;
}

SystemCallRing::~SystemCallRing() {
  if (rings_ != nullptr) munmap(rings_, rings_bytes_);
  if (entries_ != nullptr) munmap(entries_, entries_bytes_);
  if (fd_ >= 0) close(fd_);
}

bool SystemCallRing::SetUp() {
  io_uring_params parameters = {};
  fd_ = static_cast<int>(syscall(__NR_io_uring_setup, static_cast<unsigned>(kMaxCalls), &parameters));
  if (fd_ < 0 || (parameters.features & IORING_FEAT_SINGLE_MMAP) == 0) return false;
  const size_t submission_bytes = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
  const size_t completion_bytes = parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe);
  const int access = PROT_READ | PROT_WRITE;
  const int kind = MAP_SHARED | MAP_POPULATE;
  rings_bytes_ = submission_bytes > completion_bytes ? submission_bytes : completion_bytes;
  void* const rings = mmap(nullptr, rings_bytes_, access, kind, fd_, IORING_OFF_SQ_RING);
  if (rings == MAP_FAILED) return false;
  rings_ = rings;
  entries_bytes_ = parameters.sq_entries * sizeof(io_uring_sqe);
  void* const entries = mmap(nullptr, entries_bytes_, access, kind, fd_, IORING_OFF_SQES);
  if (entries == MAP_FAILED) return false;
  entries_ = static_cast<io_uring_sqe*>(entries);
  submission_tail_ = At(rings_, parameters.sq_off.tail);
  submission_mask_ = *At(rings_, parameters.sq_off.ring_mask);
  submission_places_ = At(rings_, parameters.sq_off.array);
  completion_head_ = At(rings_, parameters.cq_off.head);
  completion_tail_ = At(rings_, parameters.cq_off.tail);
  completion_mask_ = *At(rings_, parameters.cq_off.ring_mask);
  completions_ = reinterpret_cast<io_uring_cqe*>(At(rings_, parameters.cq_off.cqes));
  return true;
}

/** A kernel that has rings may still not have these calls, or not end them at once. */
bool SystemCallRing::Probe() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return false;
  char received[4] = {};
  AddReceive(pair[1], received, sizeof(received));
  AddSend(pair[0], "ring", 4);
  AddReceive(pair[1], received, sizeof(received));
  const int32_t* const results = Run();
  const bool works = results[0] == -EAGAIN && results[1] == 4 && results[2] == 4 && memcmp(received, "ring", 4) == 0;
  close(pair[0]);
  close(pair[1]);
  return works;
}

void SystemCallRing::AddSend(int fd, const char* bytes, size_t length) { Add(IORING_OP_SEND, fd, bytes, length); }

void SystemCallRing::AddReceive(int fd, char* bytes, size_t length) { Add(IORING_OP_RECV, fd, bytes, length); }

void SystemCallRing::Add(uint8_t operation, int fd, const char* bytes, size_t length) {
  BASALT_ASSERT(calls_ < kMaxCalls, "a ring's calls have room");
  // All that was submitted has been taken by the kernel, so the places from the tail on are free.
  const uint32_t place = (*submission_tail_ + static_cast<uint32_t>(calls_)) & submission_mask_;
  io_uring_sqe* const entry = &entries_[place];
  memset(entry, 0, sizeof(*entry));
  entry->opcode = operation;
  entry->fd = fd;
  entry->addr = reinterpret_cast<uint64_t>(bytes);
  entry->len = static_cast<uint32_t>(length);
  entry->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  entry->user_data = calls_++;
  submission_places_[place] = place;
}

const int32_t* SystemCallRing::Run() {
  const size_t count = calls_;
  ended_ = 0;
  __atomic_store_n(submission_tail_, *submission_tail_ + static_cast<uint32_t>(count), __ATOMIC_RELEASE);
  for (size_t submitted = 0; ended_ < count;) {
    // As a rule the first call takes them all, and all of them have ended in it.
    const int taken = Enter(fd_, count - submitted, submitted == count ? 1 : 0);
    if (taken > 0) submitted += static_cast<size_t>(taken);
    BASALT_ASSERT(taken >= 0 || errno == EINTR || errno == EAGAIN || errno == EBUSY, "a ring takes its calls");
    Reap();
  }
  calls_ = 0;
  return results_;
}

void SystemCallRing::Reap() {
  uint32_t head = *completion_head_;
  const uint32_t tail = __atomic_load_n(completion_tail_, __ATOMIC_ACQUIRE);
  for (; head != tail; head++) {
    const io_uring_cqe& completion = completions_[head & completion_mask_];
    results_[completion.user_data] = completion.res;
    ended_++;
  }
  __atomic_store_n(completion_head_, head, __ATOMIC_RELEASE);
}

}  // namespace basalt
