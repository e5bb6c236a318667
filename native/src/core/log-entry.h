// The value of a raft_log row: format u8 ‖ type u8 ‖ term u64 ‖ payload ‖ CRC32C over key and all before it. The log
// thread writes it in place around a payload that was copied once; every reader checks format and checksum.
#pragma once

#include <cstdint>
#include <string>

#include "bytes.h"

namespace basalt {

constexpr uint8_t kLogEntryFormat = 1;
constexpr size_t kLogEntryHeadBytes = 10;
constexpr size_t kLogEntryTailBytes = 4;
constexpr uint8_t kNormalEntry = 0;

/** `row` has kLogEntryHeadBytes before and kLogEntryTailBytes behind the payload; fills both. */
void SealLogEntry(uint32_t group, uint64_t index, uint64_t term, uint8_t type, char* row, size_t row_bytes);

struct LogEntryView {
  uint64_t term = 0;
  uint8_t type = 0;
  /** Points into the row. */
  Slice payload;
};

/** Returns what is wrong with the row, or nullptr. */
const char* DecodeLogEntry(uint32_t group, uint64_t index, Slice row, LogEntryView* entry);

/** The sentence for a damaged row. */
std::string DamagedEntryMessage(uint32_t group, uint64_t index, const char* what);

}  // namespace basalt
