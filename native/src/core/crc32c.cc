// The choice between the processor's CRC32C instruction (SSE 4.2, ARMv8) and the table is made once, when the library
// is loaded; the table itself is a compile-time constant.
#include "crc32c.h"

#include <array>
#include <cstring>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace basalt {
namespace {

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = MakeTable();

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint32_t ByInstruction(uint32_t start, const char* data, size_t length) {
  uint64_t crc = ~start;
  for (; length >= 8; data += 8, length -= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  uint32_t low = static_cast<uint32_t>(crc);
  for (; length > 0; data++, length--) low = __builtin_ia32_crc32qi(low, static_cast<unsigned char>(*data));
  return ~low;
}

bool HasInstruction() { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__)

uint32_t ByInstruction(uint32_t start, const char* data, size_t length) {
  uint32_t crc = ~start;
  for (; length >= 8; data += 8, length -= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
  }
  for (; length > 0; data++, length--) {
    const uint32_t byte = static_cast<unsigned char>(*data);
    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(byte));
  }
  return ~crc;
}

bool HasInstruction() {
  constexpr unsigned long kHwcapCrc32 = 1ul << 7;
  return (getauxval(AT_HWCAP) & kHwcapCrc32) != 0;
}

#else

uint32_t ByInstruction(uint32_t start, const char* data, size_t length) { return Crc32cByTable(start, data, length); }
bool HasInstruction() { return false; }

#endif

const bool kHasInstruction = HasInstruction();

}  // namespace

uint32_t Crc32cByTable(uint32_t start, const char* data, size_t length) {
  uint32_t crc = ~start;
  for (size_t at = 0; at < length; at++) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(data[at])) & 0xff];
  }
  return ~crc;
}

uint32_t Crc32c(uint32_t start, const char* data, size_t length) {
  return kHasInstruction ? ByInstruction(start, data, length) : Crc32cByTable(start, data, length);
}

}  // namespace basalt
