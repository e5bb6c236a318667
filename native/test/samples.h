// Builds what JavaScript would hand to the core: entry payloads and the control buffer of a log batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "log-work.h"

namespace basalt_test {

struct SampleOperation {
  uint8_t tag;
  std::string key;
  std::string value;
};

inline SampleOperation Put(std::string key, std::string value) { return {0, std::move(key), std::move(value)}; }
inline SampleOperation Delete(std::string key) { return {1, std::move(key), ""}; }
inline SampleOperation DeleteRange(std::string start, std::string end) { return {2, std::move(start), std::move(end)}; }

struct SampleHeader {
  uint64_t term = 1;
  uint64_t hlc = 1;
  uint8_t flags = 0;
  uint32_t fragment = 0;
};

std::string SamplePayload(const SampleHeader& header, const std::vector<SampleOperation>& operations);

/** The twin of src/storage/log-batch.ts. */
class SampleBatch {
 public:
  SampleBatch& Append(uint32_t group, uint64_t index, uint64_t term, std::string payload, uint8_t type = 0);
  SampleBatch& HardState(uint32_t group, uint64_t term, uint64_t vote, uint64_t commit);
  SampleBatch& CutSuffix(uint32_t group, uint64_t index);
  SampleBatch& Compact(uint32_t group, uint64_t index, uint64_t term);
  SampleBatch& Configuration(uint32_t group, const std::string& bytes);
  basalt::LogWork Work() const;

 private:
  void Begin(uint8_t kind, uint32_t group);

  std::string control_;
  std::vector<std::string> payloads_;
};

}  // namespace basalt_test
