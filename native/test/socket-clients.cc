#include "socket-clients.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "socket-address.h"

namespace basalt_test {

using basalt::SocketAddress;
using basalt::SocketEvent;
using basalt::SocketSet;

SocketsUnderTest::SocketsUnderTest(bool batches, const char* host)
    : set_(batches), host_(host), events_(SocketSet::kMaxEvents) {
  CHECK(set_.Listen(host, 0, 511) == 0);
}

int SocketsUnderTest::Connect() {
  SocketAddress address;
  CHECK(SocketAddress::Parse(host_, set_.port(), &address) == 0);
  const int client = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(client >= 0 && connect(client, address.get(), address.length) == 0);
  return client;
}

int32_t SocketsUnderTest::Accept(int* client) {
  *client = Connect();
  const std::vector<Told> told = Harvest();
  CHECK(told.size() == 1 && told[0].what == basalt::kAccepted);
  return told[0].id;
}

std::vector<Told> SocketsUnderTest::HarvestNow() {
  slabs_.clear();
  const size_t count = set_.Harvest(events_.data(), this);
  CHECK(count <= SocketSet::kMaxEvents);
  std::vector<Told> told;
  for (size_t at = 0; at < count; at++) {
    const SocketEvent& event = events_[at];
    std::string bytes;
    if (event.what >= 0) {
      CHECK(static_cast<size_t>(event.what) < slabs_.size());
      const std::string& slab = slabs_[static_cast<size_t>(event.what)];
      CHECK(event.start >= 0 && event.start < event.end && static_cast<size_t>(event.end) <= slab.size());
      bytes = slab.substr(static_cast<size_t>(event.start), static_cast<size_t>(event.end - event.start));
    }
    told.push_back(Told{event.connection, event.what, event.start, bytes});
  }
  return told;
}

std::vector<Told> SocketsUnderTest::Harvest() {
  for (;;) {
    std::vector<Told> told = HarvestNow();
    if (!told.empty()) return told;
    pollfd watched = {set_.epoll_fd(), POLLIN, 0};
    CHECK(poll(&watched, 1, 10'000) == 1);
  }
}

Told SocketsUnderTest::Until(int32_t id, int32_t what) {
  for (;;) {
    for (const Told& told : Harvest()) {
      if (told.id == id && told.what == what) return told;
    }
  }
}

std::string SocketsUnderTest::Bytes(int32_t id, size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    for (const Told& told : Harvest()) {
      if (told.id == id && told.what >= 0) bytes += told.bytes;
    }
  }
  return bytes;
}

void SendAll(int client, const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = send(client, &bytes[sent], bytes.size() - sent, MSG_NOSIGNAL);
    CHECK(count > 0);
    sent += static_cast<size_t>(count);
  }
}

std::string ReceiveAll(int client, size_t count) {
  std::string bytes(count, '\0');
  size_t received = 0;
  while (received < count) {
    const ssize_t length = recv(client, &bytes[received], count - received, 0);
    CHECK(length >= 0);
    if (length == 0) break;
    received += static_cast<size_t>(length);
  }
  bytes.resize(received);
  return bytes;
}

void Reset(int client) {
  const linger at_once = {1, 0};
  CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
  close(client);
}

}  // namespace basalt_test
