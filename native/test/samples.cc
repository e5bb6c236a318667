#include "samples.h"

#include "bytes.h"

namespace basalt_test {

using basalt::AppendU32;
using basalt::AppendU64;

namespace {

void AppendVarint(std::string* to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to->push_back(static_cast<char>(value | 0x80));
  to->push_back(static_cast<char>(value));
}

void AppendField(std::string* to, const std::string& field) {
  AppendVarint(to, field.size());
  to->append(field);
}

}  // namespace

std::string SamplePayload(const SampleHeader& header, const std::vector<SampleOperation>& operations) {
  std::string payload;
  payload.push_back(1);
  payload.push_back(static_cast<char>(header.flags));
  AppendU64(&payload, header.term);
  AppendU64(&payload, 0);
  AppendU64(&payload, header.hlc);
  AppendU32(&payload, static_cast<uint32_t>(operations.size()));
  AppendU32(&payload, header.fragment);
  for (const SampleOperation& operation : operations) {
    payload.push_back(static_cast<char>(operation.tag));
    AppendField(&payload, operation.key);
    if (operation.tag != 1) AppendField(&payload, operation.value);
  }
  return payload;
}

void SampleBatch::Begin(uint8_t kind, uint32_t group) {
  control_.push_back(static_cast<char>(kind));
  AppendU32(&control_, group);
}

SampleBatch& SampleBatch::Append(uint32_t group, uint64_t index, uint64_t term, std::string payload, uint8_t type) {
  Begin(1, group);
  AppendU64(&control_, index);
  AppendU64(&control_, term);
  control_.push_back(static_cast<char>(type));
  payloads_.push_back(std::move(payload));
  return *this;
}

SampleBatch& SampleBatch::HardState(uint32_t group, uint64_t term, uint64_t vote, uint64_t commit) {
  Begin(2, group);
  AppendU64(&control_, term);
  AppendU64(&control_, vote);
  AppendU64(&control_, commit);
  return *this;
}

SampleBatch& SampleBatch::CutSuffix(uint32_t group, uint64_t index) {
  Begin(3, group);
  AppendU64(&control_, index);
  return *this;
}

SampleBatch& SampleBatch::Compact(uint32_t group, uint64_t index, uint64_t term) {
  Begin(4, group);
  AppendU64(&control_, index);
  AppendU64(&control_, term);
  return *this;
}

SampleBatch& SampleBatch::Configuration(uint32_t group, const std::string& bytes) {
  Begin(5, group);
  AppendU32(&control_, static_cast<uint32_t>(bytes.size()));
  control_.append(bytes);
  return *this;
}

basalt::LogWork SampleBatch::Work() const {
  std::vector<basalt::Slice> payloads(payloads_.begin(), payloads_.end());
  return basalt::DecodeLogBatch(control_, payloads);
}

}  // namespace basalt_test
