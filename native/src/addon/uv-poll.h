// Watching a file descriptor on the event loop of Node. libuv's header is there only where Node's own headers are, and the
// addon must build without them, so the few functions that are used are declared here. They are exported by every Node,
// have had these forms since libuv 1.19 and are fixed for all of libuv 1.x; handles are opaque, their size is asked for.
#pragma once

#include <functional>
#include <memory>

struct uv_loop_s;
struct uv_poll_s;
struct uv_handle_s;

namespace basalt {

/** On the loop's thread only. Keeps the loop alive until it is closed. */
class UvPoll {
 public:
  /** Calls `readable` whenever the descriptor can be read, until `Close`. nullptr when libuv refuses. */
  static UvPoll* Start(uv_loop_s* loop, int fd, std::function<void()> readable);

  /** Stops watching; the object deletes itself, then calls `closed` in a later turn of the loop. */
  void Close(std::function<void()> closed);

 private:
  UvPoll() = default;
  static void OnReady(uv_poll_s* handle, int status, int events);
  static void OnClosed(uv_handle_s* handle);

  std::unique_ptr<char[]> memory_;
  std::function<void()> readable_;
  std::function<void()> closed_;
};

}  // namespace basalt
