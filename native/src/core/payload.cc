#include "payload.h"

#include "row-format.h"

namespace basalt {
namespace {

constexpr uint8_t kPayloadFormat = 1;

/** Returns why the operation is refused, or nullptr. */
const char* Refusal(const Operation& operation) {
  const Slice& key = operation.key;
  const uint8_t space = static_cast<uint8_t>(key[0]);
  if (space > space::kTombstone) return "an operation names an unknown key space";
  if (operation.tag != OperationTag::kDeleteRange) {
    return key == AppliedKey() ? "an operation names the applied record" : nullptr;
  }
  const Slice& end = operation.value;
  if (end.compare(key) < 0) return "a range ends before it starts";
  const uint8_t end_space = static_cast<uint8_t>(end[0]);
  if (end_space != space && !(end.size() == 1 && end_space == space + 1)) return "a range leaves its key space";
  if (key.compare(AppliedKey()) <= 0 && AppliedKey().compare(end) < 0) return "a range covers the applied record";
  return nullptr;
}

}  // namespace

const char* DecodePayloadHeader(Slice payload, PayloadHeader* header) {
  ByteReader reader(payload);
  const uint8_t format = reader.U8();
  header->flags = reader.U8();
  header->term = reader.U64();
  header->route_epoch = reader.U64();
  header->hlc = reader.Raw64();
  header->operation_count = reader.U32();
  header->fragment = reader.U32();
  if (reader.failed()) return "its header is cut short or out of range";
  if (format != kPayloadFormat) return "its payload format is unknown";
  if (header->flags > 3 || header->flags == kLastFragmentFlag) return "its flags are unknown";
  if (header->flags == 0 && header->fragment != 0) return "a whole batch has no fragment number";
  return nullptr;
}

bool OperationReader::Next(Operation* operation) {
  if (damage_ != nullptr) return false;
  if (left_ == 0) {
    if (reader_.remaining() != 0) damage_ = "bytes follow its last operation";
    return false;
  }
  left_--;
  const uint64_t tag = reader_.Varint();
  if (tag > static_cast<uint64_t>(OperationTag::kDeleteRange)) return Damaged("an operation's tag is unknown");
  operation->tag = static_cast<OperationTag>(tag);
  operation->key = reader_.Bytes(reader_.Varint());
  operation->value = operation->tag == OperationTag::kDelete ? Slice() : reader_.Bytes(reader_.Varint());
  if (reader_.failed()) return Damaged("an operation is cut short");
  if (operation->key.empty()) return Damaged("an operation has an empty key");
  damage_ = Refusal(*operation);
  return damage_ == nullptr;
}

}  // namespace basalt
