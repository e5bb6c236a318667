// CRC32C (Castagnoli), the checksum of log entries. Uses the processor's instruction where it has one, else a table;
// both give the values of src/base/hashes.ts. Pure, safe on every thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace basalt {

/** Continues from `crc`, the checksum of the bytes before (0 at first). */
uint32_t Crc32c(uint32_t crc, const char* data, size_t length);

/** The table version, for tests and for processors without the instruction. */
uint32_t Crc32cByTable(uint32_t crc, const char* data, size_t length);

}  // namespace basalt
