// The rows of both instances: keys, the applied record, and the fields of raft_state (src/storage/README.md, "Formats").
// Pure functions; decoders check bounds and format bytes and return false on damage.
#pragma once

#include <cstdint>
#include <string>

#include "bytes.h"

namespace basalt {

constexpr uint32_t kDirectoryFormat = 1;

namespace space {
constexpr uint8_t kMeta = 0x00;
constexpr uint8_t kHeader = 0x10;
constexpr uint8_t kElement = 0x11;
/** Spaces below it live in kv_data, itself in tombstones; there is none above. */
constexpr uint8_t kTombstone = 0x40;
}  // namespace space

constexpr size_t kGroupBytes = 4;

inline std::string GroupPrefix(uint32_t group) {
  std::string prefix;
  AppendU32(&prefix, group);
  return prefix;
}

/** raft_log: group u32 ‖ index u64. */
constexpr size_t kLogKeyBytes = 12;
inline void PutLogKey(char* to, uint32_t group, uint64_t index) {
  PutU32(to, group);
  PutU64(to + 4, index);
}
inline std::string LogKey(uint32_t group, uint64_t index) {
  char key[kLogKeyBytes];
  PutLogKey(key, group, index);
  return std::string(key, kLogKeyBytes);
}

/** Fields of raft_state. */
enum class StateField : uint8_t { kHardState = 1, kConfiguration = 2, kTruncation = 3 };

inline std::string StateKey(uint32_t group, StateField field) {
  std::string key = GroupPrefix(group);
  key.push_back(static_cast<char>(field));
  return key;
}

struct HardState {
  uint64_t term = 0;
  uint64_t vote = 0;
  uint64_t commit = 0;
};
std::string EncodeHardState(const HardState& state);
bool DecodeHardState(Slice value, HardState* state);

struct Truncation {
  uint64_t index = 0;
  uint64_t term = 0;
};
std::string EncodeTruncation(const Truncation& truncation);
bool DecodeTruncation(Slice value, Truncation* truncation);

struct AppliedRecord {
  uint64_t index = 0;
  uint64_t term = 0;
  /** Milliseconds u48 ‖ counter u16. */
  uint64_t hlc = 0;
};
/** The logical key of the applied record, 0x00 ‖ 0x01. */
inline Slice AppliedKey() { return Slice("\x00\x01", 2); }
std::string AppliedRowKey(uint32_t group);
constexpr size_t kAppliedRecordBytes = 25;
void PutAppliedRecord(char* to, const AppliedRecord& record);
bool DecodeAppliedRecord(Slice value, AppliedRecord* record);

/** The parts of an element key or of an element prefix that is whole (logical key: without the group). */
struct ElementKey {
  uint32_t database = 0;
  Slice placement;  // db ‖ slot ‖ hash
  Slice user_key;
  Slice version;
  /** Bytes of the element prefix: up to and with the version. */
  size_t prefix_bytes = 0;
};
bool ParseElementKey(Slice key, ElementKey* parts);
/** space 0x10 ‖ placement ‖ user key. */
std::string HeaderKeyOf(const ElementKey& parts);

/** What the storage reads of a value header: expiry (0: never) and the incarnation its elements carry. */
struct ValueHeader {
  uint8_t encoding = 0;
  uint64_t expiry_ms = 0;
  Slice version;
};
bool ReadValueHeader(Slice value, ValueHeader* header);

}  // namespace basalt
