// Reads the log instance: the groups there are, the state of each group's log, and entries by range. Checks what it reads:
// a row whose checksum does not match or a gap between rows is STORAGE_CORRUPT. Safe on every thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "group-table.h"
#include "instances.h"
#include "outcome.h"

namespace basalt {

class LogStore {
 public:
  explicit LogStore(const Instances* instances) : instances_(instances) {}

  /** Every group that has a row in the log or in the data, in order. */
  Outcome Groups(std::vector<uint32_t>* groups) const;
  /** Checks the first and the last entry as well. */
  Outcome ReadBounds(uint32_t group, LogBounds* bounds) const;
  Outcome ReadHardState(uint32_t group, HardState* state) const;
  /** `found` tells whether there is one. */
  Outcome ReadConfiguration(uint32_t group, bool* found, std::string* configuration) const;
  /** Appends the entries of [low, high) that fit `max_bytes` of payload; one always does. All must exist. */
  Outcome ReadEntries(uint32_t group, uint64_t low, uint64_t high, size_t max_bytes, std::vector<HeldEntry>* to) const;

 private:
  Outcome ReadField(uint32_t group, StateField field, bool* found, std::string* value) const;
  Outcome CollectGroups(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family,
                        std::vector<uint32_t>* groups) const;

  const Instances* instances_;
};

}  // namespace basalt
