#include "row-format.h"

namespace basalt {
namespace {

constexpr uint8_t kRecordFormat = 1;
constexpr uint8_t kValueHeaderFormat = 1;
constexpr uint8_t kExpiryFlag = 1;
constexpr size_t kPlacementBytes = 10;
constexpr size_t kVersionBytes = 8;

}  // namespace

std::string EncodeHardState(const HardState& state) {
  std::string value(1, static_cast<char>(kRecordFormat));
  AppendU64(&value, state.term);
  AppendU64(&value, state.vote);
  AppendU64(&value, state.commit);
  return value;
}

bool DecodeHardState(Slice value, HardState* state) {
  ByteReader reader(value);
  const uint8_t format = reader.U8();
  state->term = reader.U64();
  state->vote = reader.U64();
  state->commit = reader.U64();
  return !reader.failed() && reader.remaining() == 0 && format == kRecordFormat;
}

std::string EncodeTruncation(const Truncation& truncation) {
  std::string value(1, static_cast<char>(kRecordFormat));
  AppendU64(&value, truncation.index);
  AppendU64(&value, truncation.term);
  return value;
}

bool DecodeTruncation(Slice value, Truncation* truncation) {
  ByteReader reader(value);
  const uint8_t format = reader.U8();
  truncation->index = reader.U64();
  truncation->term = reader.U64();
  return !reader.failed() && reader.remaining() == 0 && format == kRecordFormat;
}

std::string AppliedRowKey(uint32_t group) {
  std::string key = GroupPrefix(group);
  key.append(AppliedKey().data(), AppliedKey().size());
  return key;
}

void PutAppliedRecord(char* to, const AppliedRecord& record) {
  to[0] = static_cast<char>(kRecordFormat);
  PutU64(to + 1, record.index);
  PutU64(to + 9, record.term);
  PutU64(to + 17, record.hlc);
}

bool DecodeAppliedRecord(Slice value, AppliedRecord* record) {
  ByteReader reader(value);
  const uint8_t format = reader.U8();
  record->index = reader.U64();
  record->term = reader.U64();
  record->hlc = reader.Raw64();
  return !reader.failed() && reader.remaining() == 0 && format == kRecordFormat;
}

bool ParseElementKey(Slice key, ElementKey* parts) {
  ByteReader reader(key);
  const uint8_t space = reader.U8();
  parts->placement = reader.Bytes(kPlacementBytes);
  parts->user_key = reader.Bytes(reader.U32());
  parts->version = reader.Bytes(kVersionBytes);
  if (reader.failed() || space != space::kElement) return false;
  parts->database = GetU32(parts->placement.data());
  parts->prefix_bytes = key.size() - reader.remaining();
  return true;
}

std::string HeaderKeyOf(const ElementKey& parts) {
  std::string key(1, static_cast<char>(space::kHeader));
  key.append(parts.placement.data(), parts.placement.size());
  key.append(parts.user_key.data(), parts.user_key.size());
  return key;
}

bool ReadValueHeader(Slice value, ValueHeader* header) {
  ByteReader reader(value);
  const uint8_t format = reader.U8();
  reader.U8();
  header->encoding = reader.U8();
  const uint8_t flags = reader.U8();
  header->version = reader.Bytes(kVersionBytes);
  header->expiry_ms = (flags & kExpiryFlag) != 0 ? reader.U64() : 0;
  reader.Varint();
  return !reader.failed() && format == kValueHeaderFormat && flags <= kExpiryFlag;
}

}  // namespace basalt
