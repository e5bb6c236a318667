// Results of loads between the loader thread that made them and the JavaScript thread that fetches them by id, in the
// packed forms that src/storage/native-packing.ts takes apart.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "range-walks.h"
#include "reader.h"

namespace basalt {

class LoadResults {
 public:
  void Put(uint64_t load, std::string packed) {
    std::lock_guard<std::mutex> lock(mutex_);
    results_[load] = std::move(packed);
  }
  std::string Take(uint64_t load) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = results_.find(load);
    if (found == results_.end()) return std::string();
    std::string packed = std::move(found->second);
    results_.erase(found);
    return packed;
  }

 private:
  std::mutex mutex_;
  std::map<uint64_t, std::string> results_;
};

std::string PackPage(const Page& page);
std::string PackCount(uint64_t count);
/** Three little-endian u32 words a slot: its number, the rows that were read, the hash of the last of them. */
std::string PackSlotSamples(const SlotSamples& samples);
/**
 * Little-endian u32 words: expired, orphans, databases, rows examined, the next expiry (low word, high word), 1 if there is
 * a next; the database ids; the lengths of the keys (expired, orphans, next); then their bytes.
 */
std::string PackGarbage(const Garbage& garbage);

}  // namespace basalt
