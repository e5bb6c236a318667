// Turns the entries of one group into what is written to its data: checks each entry against the applied record
// (contiguous, its payload's term its own, its clock rising), holds the fragments of a large batch until the last one or
// until an entry of another term drops them, and collects the operations of whole entries until the apply thread writes
// them, with the new applied record, as one atomic batch. An entry without operations (empty, or a configuration change)
// may stand between fragments, since the core makes such entries by itself: it is taken in and counts as applied with the
// batch. Decides nothing: what is wrong is damage. Apply thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "held-entries.h"
#include "instances.h"
#include "payload.h"
#include "rocksdb/write_batch.h"
#include "row-format.h"

namespace basalt {

class GroupApplier {
 public:
  GroupApplier(uint32_t group, const AppliedRecord& applied)
      : group_(group), record_(applied), taken_through_(applied.index) {}

  /** The entry that must come next. */
  uint64_t next_index() const { return taken_through_ + 1; }
  /** The applied record once the collected entries are written. */
  const AppliedRecord& record() const { return record_; }

  /** Takes the next entry in. Returns what is wrong with it, or nullptr. */
  const char* Add(HeldEntry entry);

  bool has_collected() const { return collected_count_ > 0; }
  uint64_t collected_entries() const { return collected_count_; }
  size_t collected_operations() const { return operations_.size(); }
  size_t collected_bytes() const { return collected_bytes_; }

  /**
   * Packs the collected operations and the applied record. Between two delete-ranges, which are barriers, operations go in
   * the order of their keys and only the last one of each key: the memtable takes neighbours faster. Returns how many
   * operations were written.
   */
  size_t Pack(const Instances& instances, rocksdb::WriteBatch* batch);
  /** Forgets what was packed, and gives back the memory of a batch that was larger than usual. */
  void Clear();
  /** Bytes that stand ready for the next entries; for tests. */
  size_t capacity_bytes() const;

 private:
  const char* Take(HeldEntry entry);
  const char* AddPayload(HeldEntry entry);
  const char* CheckHeader(const PayloadHeader& header, uint64_t term) const;
  void DropFragments();
  void Collect(HeldEntry entry, uint64_t hlc);

  /** An operation's place in the order of keys: by its first 16 bytes, then by the rest, then by age. */
  struct Place {
    uint64_t first;
    uint64_t second;
    uint32_t position;
  };
  size_t PackSorted(size_t begin, size_t end, const Instances& instances, rocksdb::WriteBatch* batch);
  void PackOne(const Operation& operation, const Instances& instances, rocksdb::WriteBatch* batch) const;

  const uint32_t group_;
  AppliedRecord record_;

  std::vector<Operation> operations_;
  std::vector<Place> places_;
  /** Keeps alive what the operations point into. */
  std::vector<Block> blocks_;
  uint64_t collected_count_ = 0;
  size_t collected_bytes_ = 0;

  /** The last entry that was taken in: beyond the record's while fragments are held. */
  uint64_t taken_through_;
  std::vector<HeldEntry> held_entries_;
  std::vector<Operation> held_operations_;
  uint32_t held_fragments_ = 0;
  uint64_t held_term_ = 0;
  uint64_t held_hlc_ = 0;
};

}  // namespace basalt
