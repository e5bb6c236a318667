#include "log-entry.h"

#include "crc32c.h"
#include "row-format.h"

namespace basalt {
namespace {

uint32_t ChecksumOf(uint32_t group, uint64_t index, const char* row, size_t length) {
  char key[kLogKeyBytes];
  PutLogKey(key, group, index);
  return Crc32c(Crc32c(0, key, kLogKeyBytes), row, length);
}

}  // namespace

void SealLogEntry(uint32_t group, uint64_t index, uint64_t term, uint8_t type, char* row, size_t row_bytes) {
  row[0] = static_cast<char>(kLogEntryFormat);
  row[1] = static_cast<char>(type);
  PutU64(row + 2, term);
  const size_t end = row_bytes - kLogEntryTailBytes;
  PutU32(row + end, ChecksumOf(group, index, row, end));
}

const char* DecodeLogEntry(uint32_t group, uint64_t index, Slice row, LogEntryView* entry) {
  if (row.size() < kLogEntryHeadBytes + kLogEntryTailBytes || row[0] != static_cast<char>(kLogEntryFormat)) {
    return "its format is unknown";
  }
  const size_t end = row.size() - kLogEntryTailBytes;
  if (GetU32(row.data() + end) != ChecksumOf(group, index, row.data(), end)) return "its checksum does not match";
  entry->type = static_cast<uint8_t>(row[1]);
  entry->term = GetU64(row.data() + 2);
  entry->payload = Slice(row.data() + kLogEntryHeadBytes, end - kLogEntryHeadBytes);
  return nullptr;
}

std::string DamagedEntryMessage(uint32_t group, uint64_t index, const char* what) {
  return "Entry " + std::to_string(index) + " of group " + std::to_string(group) + " in the raft log is damaged (" +
         what + "). Restore this node from another copy.";
}

}  // namespace basalt
