#include "socket-set.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "assertion.h"

namespace basalt {
namespace {

/** In the place of an id in what epoll tells. */
constexpr uint64_t kListenerTag = UINT64_MAX;
/** A connection that has sent more than a small chunk is read with room for more so many times. */
constexpr uint8_t kLargeReads = 8;

bool IsFull(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

bool IsOutOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

SocketSet::SocketSet(bool batches) : buffer_(kSlabBytes + kChunkBytes), ready_(kMaxReady) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (batches) ring_ = SystemCallRing::Make();
  if (ring_) small_chunks_.resize(SystemCallRing::kMaxCalls * kSmallChunkBytes);
}

SocketSet::~SocketSet() {
  for (Connection& connection : connections_.places()) {
    if (connection.is_open()) Close(&connection);
  }
  StopListening();
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

// ── Listening ─────────────────────────────────────────────────────────────────────────────────────────────────────────

int SocketSet::Listen(const std::string& host, uint16_t port, int backlog) {
  if (epoll_fd_ < 0) return EMFILE;
  BASALT_ASSERT(!listener_.is_open(), "a set of sockets listens once");
  if (const int error = listener_.Listen(host, port, backlog)) return error;
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kListenerTag;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listener_.fd(), &event) == 0 ? 0 : errno;
}

void SocketSet::StopListening() { listener_.Close(); }

void SocketSet::ResumeAccepting() {
  if (!listener_.is_open()) return;
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kListenerTag;
  epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, listener_.fd(), &event);
}

// ── Harvesting ────────────────────────────────────────────────────────────────────────────────────────────────────────

class SocketSet::Harvester {
 public:
  Harvester(SocketSet* set, SocketEvent* events, SlabSink* slabs) : set_(*set), events_(events), slabs_(slabs) {}

  size_t Run() {
    if (set_.next_ == set_.ready_count_) {
      const int found = epoll_wait(set_.epoll_fd_, set_.ready_.data(), static_cast<int>(kMaxReady), 0);
      set_.next_ = 0;
      set_.ready_count_ = found > 0 ? static_cast<size_t>(found) : 0;
    }
    while (set_.next_ < set_.ready_count_ && bytes_ < kHarvestBytes) {
      if (ReadTogether()) continue;
      const epoll_event& ready = set_.ready_[set_.next_++];
      if (ready.data.u64 == kListenerTag) {
        Accept();
      } else if (Connection* connection = set_.Open(static_cast<int32_t>(ready.data.u64))) {
        Serve(connection, ready.events);
      }
    }
    EndSlab();
    return count_;
  }

 private:
  void Tell(int32_t connection, int32_t what, int32_t start = 0, int32_t end = 0) {
    events_[count_++] = SocketEvent{connection, what, start, end};
  }

  /** Reads from the next few connections by one system call, if there are such of which no more is wanted than a small chunk. */
  bool ReadTogether() {
    if (!set_.ring_) return false;
    SystemCallRing& ring = *set_.ring_;
    const size_t most = std::min(SystemCallRing::kMaxCalls, (kHarvestBytes - bytes_) / kSmallChunkBytes);
    int32_t ids[SystemCallRing::kMaxCalls];
    size_t count = 0;
    while (count < most && set_.next_ + count < set_.ready_count_) {
      const epoll_event& ready = set_.ready_[set_.next_ + count];
      if (ready.events != EPOLLIN || ready.data.u64 == kListenerTag) break;
      const Connection* const connection = set_.Open(static_cast<int32_t>(ready.data.u64));
      if (connection == nullptr || !IsRead(*connection) || connection->large_reads > 0) break;
      ids[count++] = connection->id;
    }
    if (count < 2) return false;
    for (size_t at = 0; at < count; at++) {
      ring.AddReceive(set_.Open(ids[at])->fd, &set_.small_chunks_[at * kSmallChunkBytes], kSmallChunkBytes);
    }
    set_.next_ += count;
    const int32_t* const lengths = ring.Run();
    for (size_t at = 0; at < count; at++) {
      Connection* const connection = set_.Open(ids[at]);
      if (lengths[at] <= 0) {
        if (lengths[at] != -EINTR) Stop(connection, lengths[at]);
        continue;
      }
      const size_t length = static_cast<size_t>(lengths[at]);
      bytes_ += length;
      memcpy(set_.buffer_.data() + used_, &set_.small_chunks_[at * kSmallChunkBytes], length);
      TakeSmall(connection, length);
      if (length == kSmallChunkBytes) connection->large_reads = kLargeReads;
    }
    return true;
  }

  static bool IsRead(const Connection& connection) {
    return !connection.peer_ended && !connection.ending && !connection.paused;
  }

  void Accept() {
    for (size_t times = 0; times < kMaxAccepts && set_.listener_.is_open(); times++) {
      const int fd = set_.listener_.Accept();
      if (fd >= 0) {
        Add(fd);
      } else if (IsFull(-fd)) {
        return;
      } else if (IsOutOfResources(-fd)) {
        // It stays ready, so that waiting for it would be spinning.
        epoll_event event = {};
        event.data.u64 = kListenerTag;
        epoll_ctl(set_.epoll_fd_, EPOLL_CTL_MOD, set_.listener_.fd(), &event);
        return Tell(-1, kAcceptingPaused);
      }
      // Anything else was the matter of that one connection.
    }
  }

  void Add(int fd) {
    Connection* const connection = set_.connections_.Add(fd);
    if (connection == nullptr) {
      close(fd);
      return;
    }
    epoll_event event = {};
    event.events = connection->armed = EPOLLIN;
    event.data.u64 = static_cast<uint64_t>(connection->id);
    if (epoll_ctl(set_.epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
      set_.Close(connection);
      set_.connections_.Release(connection);
      return;
    }
    Tell(connection->id, kAccepted, fd);
  }

  void Serve(Connection* connection, uint32_t ready) {
    if ((ready & EPOLLOUT) != 0 && connection->unsent && !Write(connection)) return;
    const bool is_broken = (ready & (EPOLLERR | EPOLLHUP)) != 0;
    if (is_broken && (connection->paused || connection->peer_ended)) return Gone(connection);
    if (!is_broken && (ready & EPOLLIN) == 0) return;
    if (connection->peer_ended) return;
    if (connection->ending) return Discard(connection);
    // Asked to stop since epoll was armed: it is disarmed only now that it matters.
    if (connection->paused) return set_.Arm(connection);
    Read(connection);
  }

  /** False when the connection is gone. */
  bool Write(Connection* connection) {
    const size_t before = connection->unsent->bytes();
    if (connection->unsent->WriteTo(connection->fd) != 0) {
      Gone(connection);
      return false;
    }
    bytes_ += before - connection->unsent->bytes();
    if (connection->unsent->bytes() > 0) return true;
    connection->unsent.reset();
    if (connection->ending) set_.ShutDown(connection);
    set_.Arm(connection);
    Tell(connection->id, kDrained);
    return true;
  }

  void Read(Connection* connection) {
    const ssize_t length = Receive(connection);
    if (length <= 0) return Stop(connection, length);
    if (static_cast<size_t>(length) <= kSmallChunkBytes) {
      if (connection->large_reads > 0) connection->large_reads--;
      return TakeSmall(connection, static_cast<size_t>(length));
    }
    connection->large_reads = kLargeReads;
    const char* const bytes = set_.buffer_.data() + used_;
    EndSlab();
    const int32_t at = static_cast<int32_t>(slabs_->TakeSlab(bytes, static_cast<size_t>(length)));
    Tell(connection->id, slab_++, at, at + static_cast<int32_t>(length));
  }

  /** A small chunk stands at the slab's end. */
  void TakeSmall(const Connection* connection, size_t length) {
    const int32_t start = static_cast<int32_t>(used_);
    used_ += length;
    Tell(connection->id, slab_, start, static_cast<int32_t>(used_));
    if (used_ >= kSlabBytes) EndSlab();
  }

  /** The peer's end is awaited; what it still sends is nobody's. */
  void Discard(Connection* connection) {
    const ssize_t length = Receive(connection);
    if (length <= 0) Stop(connection, length);
  }

  ssize_t Receive(Connection* connection) {
    for (;;) {
      const ssize_t length = recv(connection->fd, set_.buffer_.data() + used_, kChunkBytes, MSG_DONTWAIT);
      if (length < 0 && errno == EINTR) continue;
      if (length > 0) bytes_ += static_cast<size_t>(length);
      return length < 0 ? -errno : length;
    }
  }

  /** Nothing was received: not yet, never again, or for an error. */
  void Stop(Connection* connection, ssize_t length) {
    if (length < 0) {
      if (!IsFull(static_cast<int>(-length))) Gone(connection);
      return;
    }
    connection->peer_ended = true;
    if (connection->shut_down) return Gone(connection);
    set_.Arm(connection);
    if (!connection->ending) Tell(connection->id, kPeerEnded);
  }

  void Gone(Connection* connection) {
    set_.Close(connection);
    Tell(connection->id, kGone);
  }

  void EndSlab() {
    if (used_ == 0) return;
    const int32_t at = static_cast<int32_t>(slabs_->TakeSlab(set_.buffer_.data(), used_));
    for (size_t i = slab_events_; at > 0 && i < count_; i++) {
      if (events_[i].what != slab_) continue;
      events_[i].start += at;
      events_[i].end += at;
    }
    slab_++;
    used_ = 0;
    slab_events_ = count_;
  }

  SocketSet& set_;
  SocketEvent* const events_;
  SlabSink* const slabs_;
  size_t count_ = 0;
  size_t bytes_ = 0;
  /** Number of the slab that is being filled, and how far it is. */
  int32_t slab_ = 0;
  size_t used_ = 0;
  /** The slab's chunks are told of from this event on. */
  size_t slab_events_ = 0;
};

size_t SocketSet::Harvest(SocketEvent* events, SlabSink* slabs) { return Harvester(this, events, slabs).Run(); }

// ── One connection ────────────────────────────────────────────────────────────────────────────────────────────────────

SocketSet::SendResult SocketSet::Send(int32_t id, const char* bytes, size_t length) {
  Connection* const connection = Open(id);
  if (connection == nullptr || connection->ending) return SendResult::kGone;
  if (!connection->unsent) {
    while (length > 0) {
      const ssize_t sent = send(connection->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        bytes += sent;
        length -= static_cast<size_t>(sent);
      } else if (IsFull(errno)) {
        break;
      } else if (errno != EINTR) {
        Close(connection);
        return SendResult::kGone;
      }
    }
    if (length == 0) return SendResult::kSent;
    connection->unsent = std::make_unique<OutputQueue>();
    Arm(connection);
  }
  connection->unsent->Append(bytes, length);
  return SendResult::kQueued;
}

void SocketSet::SendMany(const Outgoing* sends, size_t count, SendResult* results) {
  BASALT_ASSERT(count <= kMaxSends, "a batch of sends has room");
  size_t places[kMaxSends];
  batch_++;
  for (size_t at = 0; at < count; at++) {
    const Outgoing& send = sends[at];
    Connection* const connection = Open(send.id);
    const bool is_plain = ring_ && count > 1 && connection != nullptr && !connection->ending && !connection->unsent;
    // What goes to one connection goes in order: not before it is known what became of the one before.
    if (is_plain && connection->batch == batch_) {
      RunSends(sends, places, results);
      batch_++;
    }
    if (!is_plain || connection->unsent || !connection->is_open()) {
      results[at] = Send(send.id, send.bytes, send.length);
      continue;
    }
    connection->batch = batch_;
    places[ring_->calls()] = at;
    ring_->AddSend(connection->fd, send.bytes, send.length);
  }
  if (ring_ && ring_->calls() > 0) RunSends(sends, places, results);
}

void SocketSet::RunSends(const Outgoing* sends, const size_t* places, SendResult* results) {
  const size_t count = ring_->calls();
  const int32_t* const sent = ring_->Run();
  for (size_t at = 0; at < count; at++) {
    const Outgoing& send = sends[places[at]];
    SendResult& result = results[places[at]];
    const size_t length = sent[at] > 0 ? static_cast<size_t>(sent[at]) : 0;
    if (sent[at] < 0 && !IsFull(-sent[at]) && sent[at] != -EINTR) {
      if (Connection* const connection = Open(send.id)) Close(connection);
      result = SendResult::kGone;
    } else {
      result = length == send.length ? SendResult::kSent : Send(send.id, send.bytes + length, send.length - length);
    }
  }
}

size_t SocketSet::QueuedBytes(int32_t id) {
  const Connection* const connection = Open(id);
  return connection != nullptr && connection->unsent ? connection->unsent->bytes() : 0;
}

void SocketSet::Pause(int32_t id) {
  if (Connection* const connection = Open(id)) connection->paused = true;
}

void SocketSet::Resume(int32_t id) {
  Connection* const connection = Open(id);
  if (connection == nullptr) return;
  connection->paused = false;
  Arm(connection);
}

void SocketSet::End(int32_t id) {
  Connection* const connection = Open(id);
  if (connection == nullptr || connection->ending) return;
  connection->ending = true;
  if (!connection->unsent) ShutDown(connection);
  Arm(connection);
}

void SocketSet::Release(int32_t id) {
  Connection* const connection = connections_.Find(id);
  if (connection == nullptr) return;
  if (connection->is_open()) Close(connection);
  connections_.Release(connection);
}

bool SocketSet::Addresses(int32_t id, std::string* remote, std::string* local) {
  const Connection* const connection = Open(id);
  if (connection == nullptr) return false;
  SocketAddress peer;
  SocketAddress own;
  // A peer that has gone already has no address any more.
  if (getpeername(connection->fd, peer.get(), &peer.length) != 0) peer = SocketAddress();
  if (getsockname(connection->fd, own.get(), &own.length) != 0) own = SocketAddress();
  *remote = peer.Text();
  *local = own.Text();
  return true;
}

Connection* SocketSet::Open(int32_t id) {
  Connection* const connection = connections_.Find(id);
  return connection != nullptr && connection->is_open() ? connection : nullptr;
}

/** Asks epoll for what the connection now waits for, if that has changed. Errors and hang-ups are always told. */
void SocketSet::Arm(Connection* connection) {
  const bool reads = !connection->peer_ended && (!connection->paused || connection->ending);
  const uint32_t wanted = (reads ? EPOLLIN : 0u) | (connection->unsent ? EPOLLOUT : 0u);
  if (wanted == connection->armed) return;
  epoll_event event = {};
  event.events = connection->armed = wanted;
  event.data.u64 = static_cast<uint64_t>(connection->id);
  BASALT_ASSERT(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection->fd, &event) == 0, "an open socket can be watched");
}

void SocketSet::Close(Connection* connection) {
  close(connection->fd);
  connection->fd = -1;
  connection->unsent.reset();
}

/** A peer that has ended as well makes epoll tell a hang-up, and that the connection is gone. */
void SocketSet::ShutDown(Connection* connection) {
  connection->shut_down = true;
  (void)shutdown(connection->fd, SHUT_WR);
}

}  // namespace basalt
