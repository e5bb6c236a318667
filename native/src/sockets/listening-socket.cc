#include "listening-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket-address.h"

namespace basalt {
namespace {

constexpr int kKeepAliveIdleSeconds = 300;
constexpr int kKeepAliveIntervalSeconds = 60;
constexpr int kKeepAliveProbes = 5;

/** Not being able to is no reason to refuse a connection. */
void SetOption(int fd, int level, int name, int value) { (void)setsockopt(fd, level, name, &value, sizeof(value)); }

}  // namespace

int ListeningSocket::Listen(const std::string& host, uint16_t port, int backlog) {
  SocketAddress address;
  if (const int error = SocketAddress::Parse(host, port, &address)) return error;
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  SetOption(fd_, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.storage.ss_family == AF_INET6) SetOption(fd_, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(fd_, address.get(), address.length) != 0 || listen(fd_, backlog) != 0) {
    const int error = errno;
    Close();
    return error;
  }
  SocketAddress bound;
  (void)getsockname(fd_, bound.get(), &bound.length);
  port_ = bound.port();
  return 0;
}

int ListeningSocket::Accept() {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return -errno;
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  return fd;
}

void ListeningSocket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace basalt
