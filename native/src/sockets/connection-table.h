// The connections by id. An id is a place in the table (20 bits) and a generation (11 bits), so that a late word about a
// connection never reaches the next one in its place. A place is free again only when its id was released: until then
// a closed connection still answers to it, with file descriptor −1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "output-queue.h"

namespace basalt {

struct Connection {
  /** −1: closed. */
  int fd = -1;
  int32_t id = -1;
  /** What epoll was asked to tell. */
  uint32_t armed = 0;
  bool paused = false;
  /** The peer sends no more. */
  bool peer_ended = false;
  /** We send no more than what is queued; what comes is dropped. */
  bool ending = false;
  /** The end has been sent. */
  bool shut_down = false;
  /** So many of its next chunks are read with room for large ones. */
  uint8_t large_reads = 0;
  /** The number of the batch that has a send of it. */
  uint32_t batch = 0;
  /** Only while the kernel has not taken everything. */
  std::unique_ptr<OutputQueue> unsent;

  bool is_open() const { return fd >= 0; }
};

class ConnectionTable {
 public:
  static constexpr size_t kMaxConnections = size_t{1} << 20;

  /** nullptr when it is full. */
  Connection* Add(int fd);
  /** nullptr when the id was released. Valid until the next `Add`. */
  Connection* Find(int32_t id);
  /** The connection is closed already. */
  void Release(Connection* connection);

  size_t size() const { return places_.size() - free_.size(); }
  std::vector<Connection>& places() { return places_; }

 private:
  std::vector<Connection> places_;
  std::vector<uint32_t> free_;
  std::vector<uint16_t> generations_;
};

}  // namespace basalt
