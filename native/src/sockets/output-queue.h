// The bytes that the kernel did not take from one connection, in order. There only while there are some: an idle
// connection has none. Whoever writes bounds it (JavaScript stops the connection's commands at its output limit).
#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace basalt {

class OutputQueue {
 public:
  size_t bytes() const { return bytes_; }

  void Append(const char* bytes, size_t length);

  /** Hands the socket what it takes, up to some 256 KiB at once. 0, or the errno that ended it; a full socket is no error. */
  int WriteTo(int fd);

 private:
  void Drop(size_t count);

  std::deque<std::string> blocks_;
  /** Bytes of the first block that have gone. */
  size_t gone_ = 0;
  size_t bytes_ = 0;
};

}  // namespace basalt
