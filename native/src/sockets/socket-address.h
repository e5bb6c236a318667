// Socket addresses from and to text. IPv4 and IPv6, numbers only: names are looked up before.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace basalt {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  uint16_t port() const;
  /** `127.0.0.1:6379`, `[::1]:6379`; `?:0` when it is neither. */
  std::string Text() const;

  /** 0, or EINVAL when `host` is no address. An IPv6 address may name its interface behind a %. */
  static int Parse(const std::string& host, uint16_t port, SocketAddress* address);
};

}  // namespace basalt
