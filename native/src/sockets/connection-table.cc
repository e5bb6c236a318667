#include "connection-table.h"

#include "assertion.h"

namespace basalt {
namespace {

constexpr uint32_t kPlaceBits = 20;
constexpr uint32_t kPlaceMask = (1u << kPlaceBits) - 1;
constexpr uint32_t kGenerationMask = (1u << 11) - 1;

}  // namespace

Connection* ConnectionTable::Add(int fd) {
  uint32_t place = 0;
  if (!free_.empty()) {
    place = free_.back();
    free_.pop_back();
  } else if (places_.size() < kMaxConnections) {
    place = static_cast<uint32_t>(places_.size());
    places_.emplace_back();
    generations_.push_back(0);
  } else {
    return nullptr;
  }
  Connection& connection = places_[place];
  connection = Connection();
  connection.fd = fd;
  connection.id = static_cast<int32_t>(uint32_t{generations_[place]} << kPlaceBits | place);
  return &connection;
}

Connection* ConnectionTable::Find(int32_t id) {
  const uint32_t place = static_cast<uint32_t>(id) & kPlaceMask;
  if (id < 0 || place >= places_.size() || places_[place].id != id) return nullptr;
  return &places_[place];
}

void ConnectionTable::Release(Connection* connection) {
  BASALT_ASSERT(connection->id >= 0 && !connection->is_open(), "a closed connection is released, once");
  const uint32_t place = static_cast<uint32_t>(connection->id) & kPlaceMask;
  *connection = Connection();
  generations_[place] = static_cast<uint16_t>((generations_[place] + 1u) & kGenerationMask);
  free_.push_back(place);
}

}  // namespace basalt
