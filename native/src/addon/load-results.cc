#include "load-results.h"

#include <cstring>

namespace basalt {
namespace {

void AppendWord(std::string* to, size_t value) {
  const uint32_t word = static_cast<uint32_t>(value);
  to->append(reinterpret_cast<const char*>(&word), 4);
}

}  // namespace

std::string PackPage(const Page& page) {
  std::string packed(page.packed_bytes(), '\0');
  page.PackTo(&packed[0]);
  return packed;
}

std::string PackCount(uint64_t count) {
  const double value = static_cast<double>(count);
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string PackSlotSamples(const SlotSamples& samples) {
  std::string packed;
  packed.reserve(samples.slots.size() * 12);
  for (const SlotSample& sample : samples.slots) {
    AppendWord(&packed, sample.slot);
    AppendWord(&packed, sample.rows);
    AppendWord(&packed, sample.last_hash);
  }
  return packed;
}

std::string PackGarbage(const Garbage& garbage) {
  std::string packed;
  AppendWord(&packed, garbage.expired.size());
  AppendWord(&packed, garbage.orphans.size());
  AppendWord(&packed, garbage.databases.size());
  AppendWord(&packed, garbage.rows_examined);
  AppendWord(&packed, garbage.next_expiry_ms & 0xffffffff);
  AppendWord(&packed, garbage.next_expiry_ms >> 32);
  AppendWord(&packed, garbage.next.empty() ? 0 : 1);
  for (const uint32_t database : garbage.databases) AppendWord(&packed, database);
  for (const std::string& key : garbage.expired) AppendWord(&packed, key.size());
  for (const std::string& key : garbage.orphans) AppendWord(&packed, key.size());
  if (!garbage.next.empty()) AppendWord(&packed, garbage.next.size());
  for (const std::string& key : garbage.expired) packed += key;
  for (const std::string& key : garbage.orphans) packed += key;
  packed += garbage.next;
  return packed;
}

}  // namespace basalt
