// The entries of one group that were submitted to the log and are not applied yet, in index order without gaps. Their
// bytes lie in the block that the log thread writes from, so the apply thread needs no read. What is not held (after a
// restart, or beyond the limit) is read from raft_log. Not locked: GroupTable owns it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "bytes.h"

namespace basalt {

using Block = std::shared_ptr<char[]>;

inline Block MakeBlock(size_t bytes) { return Block(new char[bytes > 0 ? bytes : 1]); }

struct HeldEntry {
  uint64_t index = 0;
  uint64_t term = 0;
  uint8_t type = 0;
  /** Points into the block. */
  Slice payload;
  Block block;
};

class HeldEntries {
 public:
  void Append(HeldEntry entry) {
    if (!entries_.empty() && entries_.back().index + 1 != entry.index) Clear();
    bytes_ += entry.payload.size();
    entries_.push_back(std::move(entry));
  }
  void CutFrom(uint64_t index) {
    while (!entries_.empty() && entries_.back().index >= index) {
      bytes_ -= entries_.back().payload.size();
      entries_.pop_back();
    }
  }
  void DropThrough(uint64_t index) {
    while (!entries_.empty() && entries_.front().index <= index) DropFirst();
  }
  void DropFirst() {
    bytes_ -= entries_.front().payload.size();
    entries_.pop_front();
  }
  void Clear() {
    entries_.clear();
    bytes_ = 0;
  }
  /** nullptr if it is not held. */
  const HeldEntry* Find(uint64_t index) const {
    if (entries_.empty() || index < entries_.front().index || index > entries_.back().index) return nullptr;
    return &entries_[index - entries_.front().index];
  }
  bool empty() const { return entries_.empty(); }
  uint64_t first_index() const { return entries_.empty() ? 0 : entries_.front().index; }
  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  std::deque<HeldEntry> entries_;
  size_t bytes_ = 0;
};

}  // namespace basalt
