// One listening TCP socket. Non-blocking; closed with the object.
#pragma once

#include <cstdint>
#include <string>

namespace basalt {

class ListeningSocket {
 public:
  ListeningSocket() = default;
  ~ListeningSocket() { Close(); }
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  uint16_t port() const { return port_; }

  /** Binds and listens; port 0 takes any. IPv6's `::` takes IPv4 as well. 0, or the errno of what failed. */
  int Listen(const std::string& host, uint16_t port, int backlog);

  /** The next connection's file descriptor, set up as connections are; or −errno. */
  int Accept();

  void Close();

 private:
  int fd_ = -1;
  uint16_t port_ = 0;
};

}  // namespace basalt
