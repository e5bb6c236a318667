// The index of one memtable of kv_data: which rows it holds, found by key through a hash table and in order through a skip
// list, each row with its versions, newest first. RocksDB's own memtable is one skip list of all versions, in which a write
// searches twenty places that no cache holds; here the write of a row that is there already touches three
// (perf-reports/2026-11-24-memtable.md). Memory comes from the memtable's arena and goes with it.
//
// One thread inserts, any number read meanwhile without a lock: rows and versions are complete before a release store makes
// them reachable, and never change or go afterwards, but for the pointer to a row's newest version and the links of the list.
// A hash table that was outgrown stays for those who still read it.
//
// An entry is as RocksDB packs it: varint length, key, tag u64 (sequence number and kind), and what follows is not looked
// at. Versions of a row are in the order of falling tags.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "bytes.h"

namespace basalt {

/** An internal key of RocksDB: a key and, in little-endian order, its tag. */
constexpr size_t kTagBytes = 8;
inline Slice KeyOf(Slice internal_key) { return Slice(internal_key.data(), internal_key.size() - kTagBytes); }
inline uint64_t TagOf(Slice internal_key) {
  uint64_t tag = 0;
  std::memcpy(&tag, internal_key.data() + internal_key.size() - kTagBytes, kTagBytes);
  return tag;
}

class MemtableIndex {
 public:
  using Allocate = char* (*)(void* source, size_t bytes);

  /** A version of a row, before its entry. */
  struct Version {
    const Version* older = nullptr;
    /** The last milestone before it, if there is one: every so many versions is one, so that one of many is found soon. */
    const Version* milestone = nullptr;
    /** How many are older. */
    uint32_t depth = 0;

    const char* entry() const { return reinterpret_cast<const char*>(this) + kEntryOffset; }
    Slice key() const;
    uint64_t tag() const;
  };
  static constexpr size_t kEntryOffset = 2 * sizeof(void*) + sizeof(uint32_t);

  struct Row;

  /** A place in the order of all versions. Default: none. */
  struct Place {
    const Row* row = nullptr;
    const Version* version = nullptr;
  };

  MemtableIndex(Allocate allocate, void* source);
  ~MemtableIndex();
  MemtableIndex(const MemtableIndex&) = delete;
  MemtableIndex& operator=(const MemtableIndex&) = delete;

  /** Room for an entry of `bytes`, which Insert takes once it is filled. */
  char* MakeEntry(size_t bytes);
  /** False if the row has this version. Inserting thread only. */
  bool Insert(char* entry);

  /** The newest version of the row `key` whose tag is not above `tag`; none if there is no such version or no such row. */
  Place Find(Slice key, uint64_t tag) const;
  /** The first version at or behind (key, tag) in order. */
  Place Seek(Slice key, uint64_t tag) const;
  /** The last version at or before (key, tag) in order. */
  Place SeekForPrev(Slice key, uint64_t tag) const;
  Place First() const;
  Place Last() const;
  Place Next(Place place) const;
  Place Prev(Place place) const;

  /** Memory beside the arena's. */
  size_t table_bytes() const { return table_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kMaxHeight = 12;

  struct Table {
    explicit Table(size_t size) : mask(size - 1), slots(new std::atomic<uint64_t>[size]()) {}
    const size_t mask;
    const std::unique_ptr<std::atomic<uint64_t>[]> slots;
  };

  /** What the order of keys is decided by, mostly without a look at the keys. */
  struct Head {
    explicit Head(Slice key);
    uint64_t first;
    uint64_t second;
  };

  template <typename Type>
  Type* Make(size_t bytes);
  uint32_t HashOf(Slice key) const;
  Row* FindRow(Slice key, uint32_t hash) const;
  Row* AddRow(Slice key, uint32_t hash, Version* version);
  void AddToTable(Row* row);
  void Grow();
  void AddToList(Row* row, int links, Slice key);
  /** Negative if the row comes before the key. */
  static int Compare(const Row* row, const Head& head, Slice key);
  /** The last row before `key`, or `first_`. */
  const Row* LastBefore(Slice key) const;
  /** The newest version of a row at or below `tag`. */
  static const Version* VersionAt(const Version* newest, uint64_t tag);
  static Place Whole(const Row* row);
  static Place OldestOf(const Row* row);

  const Allocate allocate_;
  void* const source_;
  const uint64_t seeds_[2];

  std::atomic<Table*> table_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::atomic<size_t> table_bytes_{0};
  size_t rows_ = 0;

  /** Stands before all rows and has links of every height. */
  Row* first_;
  std::atomic<int> height_{1};
  uint64_t random_;
  /** Where the last row went in: a batch comes in the order of its keys. */
  Row* finger_[kMaxHeight];
  Row* last_added_ = nullptr;
};

}  // namespace basalt
