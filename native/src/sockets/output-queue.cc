#include "output-queue.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace basalt {
namespace {

/** Small writes behind a full socket join one block of this size. */
constexpr size_t kBlockBytes = 16 * 1024;
constexpr size_t kMaxParts = 32;
constexpr size_t kMaxBytesAtOnce = 256 * 1024;

}  // namespace

void OutputQueue::Append(const char* bytes, size_t length) {
  bytes_ += length;
  if (!blocks_.empty() && blocks_.back().size() + length <= kBlockBytes) {
    blocks_.back().append(bytes, length);
  } else {
    blocks_.emplace_back(bytes, length);
  }
}

int OutputQueue::WriteTo(int fd) {
  size_t written = 0;
  while (bytes_ > 0 && written < kMaxBytesAtOnce) {
    iovec parts[kMaxParts];
    size_t count = 0;
    size_t offset = gone_;
    for (auto block = blocks_.begin(); block != blocks_.end() && count < kMaxParts; ++block) {
      parts[count].iov_base = &(*block)[offset];
      parts[count].iov_len = block->size() - offset;
      count++;
      offset = 0;
    }
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno;
    }
    Drop(static_cast<size_t>(sent));
    written += static_cast<size_t>(sent);
  }
  return 0;
}

void OutputQueue::Drop(size_t count) {
  bytes_ -= count;
  while (count > 0) {
    const size_t left = blocks_.front().size() - gone_;
    if (count < left) {
      gone_ += count;
      return;
    }
    count -= left;
    gone_ = 0;
    blocks_.pop_front();
  }
}

}  // namespace basalt
