#include "group-applier.h"

#include <algorithm>
#include <cstring>

#include "assertion.h"
#include "log-entry.h"

namespace basalt {

using rocksdb::SliceParts;

namespace {

/** What a vector keeps for the next batch: that of an ordinary full one. */
constexpr size_t kMaxKeptItems = 65536;

template <typename Item>
void Empty(std::vector<Item>* items) {
  items->clear();
  if (items->capacity() > kMaxKeptItems) std::vector<Item>().swap(*items);
}

}  // namespace

const char* GroupApplier::Add(HeldEntry entry) {
  BASALT_ASSERT(entry.index == next_index(), "entries are applied in order, none left out");
  const uint64_t index = entry.index;
  const char* damage = Take(std::move(entry));
  if (!damage) taken_through_ = index;
  return damage;
}

const char* GroupApplier::Take(HeldEntry entry) {
  if (entry.term < record_.term || entry.term < held_term_) return "its term is below that of the entry before it";
  if (entry.term != held_term_) DropFragments();
  if (entry.type != kNormalEntry || entry.payload.empty()) {
    if (held_fragments_ > 0) {
      held_entries_.push_back(std::move(entry));
    } else {
      Collect(std::move(entry), record_.hlc);
    }
    return nullptr;
  }
  return AddPayload(std::move(entry));
}

const char* GroupApplier::AddPayload(HeldEntry entry) {
  PayloadHeader header;
  const char* damage = DecodePayloadHeader(entry.payload, &header);
  if (!damage) damage = CheckHeader(header, entry.term);
  if (damage) return damage;
  const bool waits = header.is_fragment() && !header.is_last_fragment();
  std::vector<Operation>* operations = header.is_fragment() ? &held_operations_ : &operations_;
  OperationReader reader(entry.payload, header);
  Operation operation;
  while (reader.Next(&operation)) operations->push_back(operation);
  if (reader.damage()) return reader.damage();
  if (waits) {
    held_term_ = entry.term;
    held_hlc_ = header.hlc;
    held_fragments_++;
    held_entries_.push_back(std::move(entry));
    return nullptr;
  }
  if (header.is_fragment()) {
    operations_.insert(operations_.end(), held_operations_.begin(), held_operations_.end());
    for (HeldEntry& fragment : held_entries_) {
      blocks_.push_back(fragment.block);
      collected_bytes_ += fragment.payload.size();
    }
    collected_count_ += held_entries_.size();
    DropFragments();
  }
  Collect(std::move(entry), header.hlc);
  return nullptr;
}

const char* GroupApplier::CheckHeader(const PayloadHeader& header, uint64_t term) const {
  if (header.term != term) return "it was evaluated in another term than it was proposed in";
  const uint64_t last_hlc = held_fragments_ == 0 ? record_.hlc : held_hlc_;
  if (header.hlc <= last_hlc) return "its clock does not rise above the entry before it";
  if (!header.is_fragment() && held_fragments_ > 0) return "the fragments of a batch are interrupted";
  if (header.is_fragment() && header.fragment != held_fragments_) return "a fragment of a batch is missing";
  return nullptr;
}

void GroupApplier::DropFragments() {
  Empty(&held_entries_);
  Empty(&held_operations_);
  held_fragments_ = 0;
  held_term_ = 0;
  held_hlc_ = 0;
}

void GroupApplier::Collect(HeldEntry entry, uint64_t hlc) {
  record_ = AppliedRecord{entry.index, entry.term, hlc};
  collected_count_++;
  collected_bytes_ += entry.payload.size();
  blocks_.push_back(std::move(entry.block));
}

size_t GroupApplier::Pack(const Instances& instances, rocksdb::WriteBatch* batch) {
  size_t written = 0;
  for (size_t begin = 0; begin < operations_.size();) {
    if (operations_[begin].tag == OperationTag::kDeleteRange) {
      PackOne(operations_[begin++], instances, batch);
      written++;
      continue;
    }
    size_t end = begin + 1;
    while (end < operations_.size() && operations_[end].tag != OperationTag::kDeleteRange) end++;
    written += PackSorted(begin, end, instances, batch);
    begin = end;
  }
  char record[kAppliedRecordBytes];
  PutAppliedRecord(record, record_);
  PackOne(Operation{OperationTag::kPut, AppliedKey(), Slice(record, kAppliedRecordBytes)}, instances, batch);
  return written;
}

size_t GroupApplier::PackSorted(size_t begin, size_t end, const Instances& instances, rocksdb::WriteBatch* batch) {
  places_.clear();
  for (size_t position = begin; position < end; position++) {
    const Slice& key = operations_[position].key;
    char head[16] = {};
    std::memcpy(head, key.data(), std::min(key.size(), sizeof(head)));
    places_.push_back(Place{GetU64(head), GetU64(head + 8), static_cast<uint32_t>(position)});
  }
  std::sort(places_.begin(), places_.end(), [this](const Place& left, const Place& right) {
    if (left.first != right.first) return left.first < right.first;
    if (left.second != right.second) return left.second < right.second;
    const int order = operations_[left.position].key.compare(operations_[right.position].key);
    return order != 0 ? order < 0 : left.position < right.position;
  });
  size_t written = 0;
  for (size_t at = 0; at < places_.size(); at++) {
    const Operation& operation = operations_[places_[at].position];
    const bool overwritten = at + 1 < places_.size() && places_[at].first == places_[at + 1].first &&
                             operations_[places_[at + 1].position].key == operation.key;
    if (overwritten) continue;
    PackOne(operation, instances, batch);
    written++;
  }
  return written;
}

void GroupApplier::PackOne(const Operation& operation, const Instances& instances, rocksdb::WriteBatch* batch) const {
  char prefix[kGroupBytes];
  PutU32(prefix, group_);
  const Slice key[2] = {Slice(prefix, kGroupBytes), operation.key};
  rocksdb::ColumnFamilyHandle* family = instances.FamilyOfSpace(static_cast<uint8_t>(operation.key[0]));
  Status status;
  switch (operation.tag) {
    case OperationTag::kPut:
      status = batch->Put(family, SliceParts(key, 2), SliceParts(&operation.value, 1));
      break;
    case OperationTag::kDelete:
      status = batch->Delete(family, SliceParts(key, 2));
      break;
    case OperationTag::kDeleteRange: {
      const Slice end[2] = {Slice(prefix, kGroupBytes), operation.value};
      if (operation.key != operation.value) status = batch->DeleteRange(family, SliceParts(key, 2), SliceParts(end, 2));
      break;
    }
  }
  BASALT_ASSERT(status.ok(), "an operation can be packed");
}

void GroupApplier::Clear() {
  Empty(&operations_);
  Empty(&places_);
  Empty(&blocks_);
  collected_count_ = 0;
  collected_bytes_ = 0;
}

size_t GroupApplier::capacity_bytes() const {
  return operations_.capacity() * sizeof(Operation) + places_.capacity() * sizeof(Place) +
         blocks_.capacity() * sizeof(Block) + held_entries_.capacity() * sizeof(HeldEntry) +
         held_operations_.capacity() * sizeof(Operation);
}

}  // namespace basalt
