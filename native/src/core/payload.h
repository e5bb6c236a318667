// The payload of a normal log entry: a header of 34 bytes and packed operations (src/storage/README.md, "Entry payload",
// "Operation"). Everything is bounds-checked, since the bytes may come from another node or a failing disk. Views point
// into the payload.
#pragma once

#include <cstdint>

#include "bytes.h"

namespace basalt {

constexpr size_t kPayloadHeaderBytes = 34;
constexpr uint8_t kFragmentFlag = 1;
constexpr uint8_t kLastFragmentFlag = 2;

struct PayloadHeader {
  uint8_t flags = 0;
  uint64_t term = 0;
  uint64_t route_epoch = 0;
  uint64_t hlc = 0;
  uint32_t operation_count = 0;
  uint32_t fragment = 0;

  bool is_fragment() const { return (flags & kFragmentFlag) != 0; }
  bool is_last_fragment() const { return (flags & kLastFragmentFlag) != 0; }
};

/** Returns what is wrong, or nullptr. */
const char* DecodePayloadHeader(Slice payload, PayloadHeader* header);

enum class OperationTag : uint8_t { kPut = 0, kDelete = 1, kDeleteRange = 2 };

struct Operation {
  OperationTag tag = OperationTag::kPut;
  /** Logical: begins at the space byte. */
  Slice key;
  /** The value of a put, the end of a delete-range. */
  Slice value;
};

/** Walks the operations behind a decoded header and refuses those that must not be carried out. */
class OperationReader {
 public:
  OperationReader(Slice payload, const PayloadHeader& header)
      : reader_(Slice(payload.data() + kPayloadHeaderBytes, payload.size() - kPayloadHeaderBytes)),
        left_(header.operation_count) {}

  /** False at the end and on damage; `damage` tells which. */
  bool Next(Operation* operation);
  const char* damage() const { return damage_; }

 private:
  bool Damaged(const char* what) {
    damage_ = what;
    return false;
  }

  ByteReader reader_;
  uint32_t left_;
  const char* damage_ = nullptr;
};

}  // namespace basalt
