// A set of sockets under test with clients of its own, all in one process on the loopback address. Nothing waits for time:
// `Harvest` waits until epoll has something to tell, clients block where they are asked to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "socket-set.h"

namespace basalt_test {

/** One event with the bytes of its chunk. */
struct Told {
  int32_t id;
  int32_t what;
  int32_t start;
  std::string bytes;
};

class SocketsUnderTest : private basalt::SlabSink {
 public:
  explicit SocketsUnderTest(bool batches, const char* host = "127.0.0.1");

  basalt::SocketSet& set() { return set_; }
  size_t slabs() const { return slabs_.size(); }

  /** A blocking client socket. */
  int Connect();
  /** Connects one client and answers its id; `client` is its descriptor. */
  int32_t Accept(int* client);

  /** What is ready now, perhaps nothing. */
  std::vector<Told> HarvestNow();
  /** Waits until there is something; gives up, failing the test, after ten seconds. */
  std::vector<Told> Harvest();
  /** Harvests until an event of this kind comes for the connection. */
  Told Until(int32_t id, int32_t what);
  /** Harvests until the connection has sent this many bytes. */
  std::string Bytes(int32_t id, size_t count);

 private:
  size_t TakeSlab(const char* bytes, size_t length) override {
    // Behind other bytes, as in a buffer that several slabs share.
    const std::string before(slabs_.size() * 3, '?');
    slabs_.push_back(before + std::string(bytes, length));
    return before.size();
  }

  basalt::SocketSet set_;
  std::string host_;
  std::vector<basalt::SocketEvent> events_;
  std::vector<std::string> slabs_;
};

void SendAll(int client, const std::string& bytes);
/** Up to `count` bytes; fewer when the other side has ended. */
std::string ReceiveAll(int client, size_t count);
/** Closes with a reset. */
void Reset(int client);

}  // namespace basalt_test
