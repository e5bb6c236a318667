// Big-endian integers in byte strings and a bounds-checked reader for bytes that may be damaged, the twins of
// src/base/bytes.ts: a 64-bit integer of 2^53 or more and a varint that is not in its shortest form are failures here
// too, because JavaScript could not hold or would not write them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "rocksdb/slice.h"

namespace basalt {

using rocksdb::Slice;

constexpr uint64_t kMaxSafeInteger = (uint64_t{1} << 53) - 1;

inline void PutU16(char* to, uint16_t value) {
  to[0] = static_cast<char>(value >> 8);
  to[1] = static_cast<char>(value);
}

inline void PutU32(char* to, uint32_t value) {
  const uint32_t swapped = __builtin_bswap32(value);
  std::memcpy(to, &swapped, 4);
}

inline void PutU64(char* to, uint64_t value) {
  const uint64_t swapped = __builtin_bswap64(value);
  std::memcpy(to, &swapped, 8);
}

inline uint32_t GetU32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, 4);
  return __builtin_bswap32(value);
}

inline uint64_t GetU64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, 8);
  return __builtin_bswap64(value);
}

inline void AppendU32(std::string* to, uint32_t value) {
  char bytes[4];
  PutU32(bytes, value);
  to->append(bytes, 4);
}

inline void AppendU64(std::string* to, uint64_t value) {
  char bytes[8];
  PutU64(bytes, value);
  to->append(bytes, 8);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Basalt's addon is built for little-endian machines");

/** After a failed read `failed` is true, and every value read from then on is 0 or empty. */
class ByteReader {
 public:
  explicit ByteReader(Slice bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool failed() const { return failed_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }

  uint8_t U8() {
    const char* at = Take(1);
    return at ? static_cast<uint8_t>(*at) : 0;
  }
  uint32_t U32() {
    const char* at = Take(4);
    return at ? GetU32(at) : 0;
  }
  /** All 64 bits: an HLC. */
  uint64_t Raw64() {
    const char* at = Take(8);
    return at ? GetU64(at) : 0;
  }
  /** Fails above 2^53 - 1. */
  uint64_t U64() {
    const uint64_t value = Raw64();
    if (value <= kMaxSafeInteger) return value;
    failed_ = true;
    return 0;
  }
  /** Unsigned LEB128; fails on more than 8 bytes, above 2^53 - 1, and on an encoding longer than necessary. */
  uint64_t Varint() {
    uint64_t value = 0;
    for (int length = 0; length < 8; length++) {
      const char* at = Take(1);
      if (!at) return 0;
      const uint8_t byte = static_cast<uint8_t>(*at);
      value |= uint64_t{byte & 0x7fu} << (7 * length);
      if (byte < 0x80) {
        if (value > kMaxSafeInteger || (byte == 0 && length > 0)) break;
        return value;
      }
    }
    failed_ = true;
    return 0;
  }
  Slice Bytes(uint64_t length) {
    const char* at = Take(length);
    return at ? Slice(at, static_cast<size_t>(length)) : Slice();
  }

 private:
  const char* Take(uint64_t length) {
    if (failed_ || length > remaining()) {
      failed_ = true;
      return nullptr;
    }
    const char* at = at_;
    at_ += length;
    return at;
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace basalt
