// What one harvest of the sockets tells, as JavaScript reads it from a shared array: four words an event.
#pragma once

#include <cstddef>
#include <cstdint>

namespace basalt {

/** The word `what` of an event. Zero and above: a chunk, in the slab of that number. */
enum SocketEventKind : int32_t {
  /** A connection was accepted; `start` is its file descriptor. */
  kAccepted = -1,
  /** What was queued for the connection has gone to the kernel. */
  kDrained = -2,
  /** The peer sends no more. */
  kPeerEnded = -3,
  /** The connection is closed; its id is to be released. */
  kGone = -4,
  /** The process has no file descriptor left: nothing is accepted until `ResumeAccepting`. */
  kAcceptingPaused = -5,
};

struct SocketEvent {
  int32_t connection;
  int32_t what;
  /** Of a chunk: the bytes [start, end) of its slab. */
  int32_t start;
  int32_t end;
};

/** Takes the slabs of a harvest, numbered from 0 in the order they come. */
class SlabSink {
 public:
  virtual ~SlabSink() = default;
  /** The bytes are valid during the call only. Answers where in what JavaScript is given for the slab they begin. */
  virtual size_t TakeSlab(const char* bytes, size_t length) = 0;
};

}  // namespace basalt
