// All sockets of one listener behind one epoll instance: accepts, reads whatever is ready in one harvest, sends, and keeps
// what the kernel does not take. It waits for nothing and has no thread: its owner watches `epoll_fd` (readable while
// there is something to harvest) and calls everything from one thread.
//
// Fair and bounded: a harvest reads at most once from a connection and stops behind `kHarvestBytes` read or written; those
// it did not come to are first in the next. An idle connection holds no buffer: chunks are read into buffers of the set's own
// and leave them as slabs, small ones of several connections together.
//
// Where the kernel has it, what is sent in one turn and what is read in one harvest goes through a SystemCallRing, many
// sockets by one system call. Connections whose last chunks were large are read one by one, with room for all that has come.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connection-table.h"
#include "listening-socket.h"
#include "socket-address.h"
#include "socket-events.h"
#include "system-call-ring.h"

namespace basalt {

class SocketSet {
 public:
  /** The most bytes of one chunk. */
  static constexpr size_t kChunkBytes = 64 * 1024;
  /** Chunks up to here share a slab. */
  static constexpr size_t kSmallChunkBytes = 4 * 1024;
  /** A shared slab is full from here on. */
  static constexpr size_t kSlabBytes = 16 * 1024;
  /** A harvest that has moved this much ends. */
  static constexpr size_t kHarvestBytes = 128 * 1024;
  static constexpr size_t kMaxReady = 256;
  static constexpr size_t kMaxAccepts = 64;
  /** Room for the events of a harvest: one for each ready connection, two for one that can be read and written. */
  static constexpr size_t kMaxEvents = 2 * kMaxReady + kMaxAccepts;

  enum class SendResult { kSent, kQueued, kGone };

  struct Outgoing {
    int32_t id;
    const char* bytes;
    size_t length;
  };

  /** The most entries of one `SendMany`. */
  static constexpr size_t kMaxSends = SystemCallRing::kMaxCalls;

  /** `batches`: system calls are made together where the kernel can do that. */
  explicit SocketSet(bool batches = true);
  ~SocketSet();
  SocketSet(const SocketSet&) = delete;
  SocketSet& operator=(const SocketSet&) = delete;

  int epoll_fd() const { return epoll_fd_; }

  /** 0, or the errno of what failed. */
  int Listen(const std::string& host, uint16_t port, int backlog);
  uint16_t port() const { return listener_.port(); }
  /** Connections stay. */
  void StopListening();
  void ResumeAccepting();

  /** Fills `events`, which has room for kMaxEvents, and says how many there are. */
  size_t Harvest(SocketEvent* events, SlabSink* slabs);

  /** Sends the bytes behind those that are queued; what the kernel does not take is copied. kGone: it is closed. */
  SendResult Send(int32_t id, const char* bytes, size_t length);
  /** The same for up to kMaxSends at once, of which several may be for one connection. */
  void SendMany(const Outgoing* sends, size_t count, SendResult* results);
  /** Whether system calls are made together. */
  bool batches() const { return ring_ != nullptr; }
  size_t QueuedBytes(int32_t id);

  /** No more chunks until `Resume`. */
  void Pause(int32_t id);
  void Resume(int32_t id);
  /** Sends what is queued, then the end; drops what comes, and tells kGone when the peer has ended, too. */
  void End(int32_t id);
  /** Closes it if it is open, and gives its id up. */
  void Release(int32_t id);

  /** The peer's and our own address as text; false when it is closed. */
  bool Addresses(int32_t id, std::string* remote, std::string* local);

 private:
  class Harvester;

  Connection* Open(int32_t id);
  /** Sends what is in the ring: the entries of `places`. */
  void RunSends(const Outgoing* sends, const size_t* places, SendResult* results);
  void Arm(Connection* connection);
  void Close(Connection* connection);
  void ShutDown(Connection* connection);

  int epoll_fd_ = -1;
  ListeningSocket listener_;
  ConnectionTable connections_;
  std::unique_ptr<SystemCallRing> ring_;
  uint32_t batch_ = 0;
  /** Where slabs are put together. */
  std::vector<char> buffer_;
  /** Room for a small chunk each, for what is read together. */
  std::vector<char> small_chunks_;
  /** What epoll told last; [next_, ready_count_) has not been looked at yet. */
  std::vector<epoll_event> ready_;
  size_t ready_count_ = 0;
  size_t next_ = 0;
};

}  // namespace basalt
