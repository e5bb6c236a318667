#include "memtable-index.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <random>

#include "assertion.h"

namespace basalt {
namespace {

constexpr size_t kFirstTableSize = 1024;
/** About the square root of the most versions that a memtable holds of one row. */
constexpr uint32_t kMilestoneVersions = 512;
/** A slot holds a row's address in the lower bits and a part of its hash above. */
constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;

uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32 | device()) | 1;
}

/** Both halves of the product: with a factor that nobody knows, nobody makes keys that collide. */
uint64_t Mix(uint64_t value, uint64_t factor) {
  const unsigned __int128 product = static_cast<unsigned __int128>(value) * factor;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

Slice InternalKey(const char* entry) {
  uint32_t length = 0;
  for (int shift = 0; shift < 32; shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(*entry++);
    length |= uint32_t{byte & 0x7fu} << shift;
    if (byte < 0x80) break;
  }
  return Slice(entry, length);
}

}  // namespace

struct MemtableIndex::Row {
  Row(const Head& key_head, Version* version, uint32_t key_hash, int links)
      : head(key_head), oldest(version), newest(version), milestone(version), hash(key_hash) {
    for (int level = 0; level < links; level++) new (&next_[level]) std::atomic<Row*>(nullptr);
  }

  Row* Next(int level) const { return next_[level].load(std::memory_order_acquire); }
  void SetNext(int level, Row* row) { next_[level].store(row, std::memory_order_release); }
  Slice key() const { return oldest->key(); }
  static size_t Bytes(int links) { return sizeof(Row) + static_cast<size_t>(links - 1) * sizeof(std::atomic<Row*>); }

  const Head head;
  /** The first one there was; made just before the row, so its key lies near. */
  const Version* const oldest;
  std::atomic<const Version*> newest;
  /** For the inserting thread, so that it need not look at earlier versions: the last milestone, tag and depth of `newest`. */
  const Version* milestone;
  uint64_t newest_tag = 0;
  uint32_t depth = 0;
  const uint32_t hash;

 private:
  /** As many as the row is high. */
  std::atomic<Row*> next_[1];
};

Slice MemtableIndex::Version::key() const { return KeyOf(InternalKey(entry())); }
uint64_t MemtableIndex::Version::tag() const { return TagOf(InternalKey(entry())); }

MemtableIndex::Head::Head(Slice key) {
  char bytes[16] = {};
  std::memcpy(bytes, key.data(), std::min(key.size(), sizeof(bytes)));
  first = GetU64(bytes);
  second = GetU64(bytes + 8);
}

MemtableIndex::MemtableIndex(Allocate allocate, void* source)
    : allocate_(allocate), source_(source), seeds_{RandomSeed(), RandomSeed()}, random_(RandomSeed()) {
  tables_.push_back(std::make_unique<Table>(kFirstTableSize));
  table_.store(tables_.back().get(), std::memory_order_release);
  table_bytes_.store(kFirstTableSize * sizeof(uint64_t), std::memory_order_relaxed);
  first_ = new (Make<Row>(Row::Bytes(kMaxHeight))) Row(Head(Slice()), nullptr, 0, kMaxHeight);
  std::fill(std::begin(finger_), std::end(finger_), first_);
}

MemtableIndex::~MemtableIndex() = default;

template <typename Type>
Type* MemtableIndex::Make(size_t bytes) {
  char* memory = allocate_(source_, bytes + alignof(Type) - 1);
  const size_t beyond = reinterpret_cast<uintptr_t>(memory) % alignof(Type);
  return reinterpret_cast<Type*>(beyond == 0 ? memory : memory + alignof(Type) - beyond);
}

char* MemtableIndex::MakeEntry(size_t bytes) {
  // Made before the entry, which begins in what would be padding.
  return reinterpret_cast<char*>(new (Make<Version>(kEntryOffset + bytes)) Version) + kEntryOffset;
}

uint32_t MemtableIndex::HashOf(Slice key) const {
  uint64_t hash = seeds_[0] ^ key.size();
  const char* at = key.data();
  size_t left = key.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = Mix(hash ^ word, seeds_[1]);
  }
  uint64_t word = 0;
  std::memcpy(&word, at, left);
  hash = Mix(hash ^ word, seeds_[1]);
  return static_cast<uint32_t>(hash >> 32 ^ hash);
}

MemtableIndex::Row* MemtableIndex::FindRow(Slice key, uint32_t hash) const {
  const Table* table = table_.load(std::memory_order_acquire);
  for (size_t slot = hash & table->mask;; slot = (slot + 1) & table->mask) {
    const uint64_t value = table->slots[slot].load(std::memory_order_acquire);
    if (value == 0) return nullptr;
    if (value >> kAddressBits != hash >> 16) continue;
    Row* row = reinterpret_cast<Row*>(value & kAddressMask);
    if (row->hash == hash && row->key() == key) return row;
  }
}

void MemtableIndex::AddToTable(Row* row) {
  const Table* table = table_.load(std::memory_order_relaxed);
  const uint64_t address = reinterpret_cast<uintptr_t>(row);
  BASALT_ASSERT(address <= kAddressMask, "addresses have 48 bits");
  size_t slot = row->hash & table->mask;
  while (table->slots[slot].load(std::memory_order_relaxed) != 0) slot = (slot + 1) & table->mask;
  table->slots[slot].store(uint64_t{row->hash >> 16} << kAddressBits | address, std::memory_order_release);
}

void MemtableIndex::Grow() {
  const size_t size = 2 * (tables_.back()->mask + 1);
  tables_.push_back(std::make_unique<Table>(size));
  // Nobody reads it before it is complete.
  Table* const grown = tables_.back().get();
  for (const Row* row = first_->Next(0); row != nullptr; row = row->Next(0)) {
    size_t slot = row->hash & grown->mask;
    while (grown->slots[slot].load(std::memory_order_relaxed) != 0) slot = (slot + 1) & grown->mask;
    grown->slots[slot].store(uint64_t{row->hash >> 16} << kAddressBits | reinterpret_cast<uintptr_t>(row),
                             std::memory_order_relaxed);
  }
  table_bytes_.fetch_add(size * sizeof(uint64_t), std::memory_order_relaxed);
  table_.store(grown, std::memory_order_release);
}

bool MemtableIndex::Insert(char* entry) {
  Version* version = reinterpret_cast<Version*>(entry - kEntryOffset);
  const Slice internal_key = InternalKey(entry);
  const Slice key = KeyOf(internal_key);
  const uint64_t tag = TagOf(internal_key);
  const uint32_t hash = HashOf(key);
  Row* row = FindRow(key, hash);
  if (row == nullptr) {
    row = AddRow(key, hash, version);
  } else {
    if (row->newest_tag == tag) return false;
    BASALT_ASSERT(row->newest_tag < tag, "the versions of a row come in the order of their age");
    version->older = row->newest.load(std::memory_order_relaxed);
    version->milestone = row->milestone;
    version->depth = ++row->depth;
    if (version->depth % kMilestoneVersions == 0) row->milestone = version;
    row->newest.store(version, std::memory_order_release);
  }
  row->newest_tag = tag;
  return true;
}

MemtableIndex::Row* MemtableIndex::AddRow(Slice key, uint32_t hash, Version* version) {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  int height = 1;
  for (uint64_t bits = random_; height < kMaxHeight && (bits & 3) == 0; bits >>= 2) height++;
  Row* const row = new (Make<Row>(Row::Bytes(height))) Row(Head(key), version, hash, height);
  AddToList(row, height, key);
  rows_++;
  if (rows_ * 2 > tables_.back()->mask) {
    Grow();
  } else {
    AddToTable(row);
  }
  return row;
}

int MemtableIndex::Compare(const Row* row, const Head& head, Slice key) {
  if (row->head.first != head.first) return row->head.first < head.first ? -1 : 1;
  if (row->head.second != head.second) return row->head.second < head.second ? -1 : 1;
  return row->key().compare(key);
}

const MemtableIndex::Row* MemtableIndex::LastBefore(Slice key) const {
  const Head head(key);
  const Row* row = first_;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; level--) {
    for (const Row* next = row->Next(level); next != nullptr && Compare(next, head, key) < 0; next = row->Next(level)) {
      row = next;
    }
  }
  return row;
}

void MemtableIndex::AddToList(Row* row, int links, Slice key) {
  const int height = height_.load(std::memory_order_relaxed);
  // Behind the last row that was added, the search begins where that went in: up as far as the row lies further on, then
  // down from there. Else it begins at the top.
  const bool goes_on = last_added_ != nullptr && Compare(last_added_, row->head, key) < 0;
  int level = goes_on ? 0 : height - 1;
  while (level < height - 1) {
    const Row* next = finger_[level]->Next(level);
    if (next == nullptr || Compare(next, row->head, key) > 0) break;
    level++;
  }
  Row* at = goes_on ? nullptr : first_;
  for (; level >= 0; level--) {
    // Until a step was made, what the finger knows of the lower level lies further on.
    Row* place = at != nullptr ? at : finger_[level];
    for (Row* next = place->Next(level); next != nullptr && Compare(next, row->head, key) < 0; next = place->Next(level)) {
      at = place = next;
    }
    finger_[level] = place;
  }
  for (level = 0; level < links; level++) {
    row->SetNext(level, finger_[level]->Next(level));
    finger_[level]->SetNext(level, row);
    finger_[level] = row;
  }
  if (links > height) height_.store(links, std::memory_order_relaxed);
  last_added_ = row;
}

const MemtableIndex::Version* MemtableIndex::VersionAt(const Version* newest, uint64_t tag) {
  const Version* version = newest;
  while (version != nullptr && version->tag() > tag) {
    const Version* milestone = version->milestone;
    version = milestone != nullptr && milestone->tag() > tag ? milestone : version->older;
  }
  return version;
}

MemtableIndex::Place MemtableIndex::Whole(const Row* row) {
  if (row == nullptr) return Place();
  return Place{row, row->newest.load(std::memory_order_acquire)};
}

MemtableIndex::Place MemtableIndex::OldestOf(const Row* row) { return Place{row, row->oldest}; }

MemtableIndex::Place MemtableIndex::Find(Slice key, uint64_t tag) const {
  const Row* row = FindRow(key, HashOf(key));
  if (row == nullptr) return Place();
  const Version* version = VersionAt(row->newest.load(std::memory_order_acquire), tag);
  return version == nullptr ? Place() : Place{row, version};
}

MemtableIndex::Place MemtableIndex::Seek(Slice key, uint64_t tag) const {
  const Row* row = LastBefore(key)->Next(0);
  if (row == nullptr || row->key() != key) return Whole(row);
  const Version* version = VersionAt(row->newest.load(std::memory_order_acquire), tag);
  return version == nullptr ? Whole(row->Next(0)) : Place{row, version};
}

MemtableIndex::Place MemtableIndex::SeekForPrev(Slice key, uint64_t tag) const {
  const Place at = Seek(key, tag);
  if (at.row == nullptr) return Last();
  if (at.version->tag() == tag && at.row->key() == key) return at;
  return Prev(at);
}

MemtableIndex::Place MemtableIndex::First() const { return Whole(first_->Next(0)); }

MemtableIndex::Place MemtableIndex::Last() const {
  const Row* row = first_;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; level--) {
    for (const Row* next = row->Next(level); next != nullptr; next = row->Next(level)) row = next;
  }
  return row == first_ ? Place() : OldestOf(row);
}

MemtableIndex::Place MemtableIndex::Next(Place place) const {
  if (place.version->older != nullptr) return Place{place.row, place.version->older};
  return Whole(place.row->Next(0));
}

MemtableIndex::Place MemtableIndex::Prev(Place place) const {
  const Version* const newest = place.row->newest.load(std::memory_order_acquire);
  if (place.version != newest) {
    // The one whose older one it is.
    const Version* version = newest;
    while (version->older != place.version) {
      const bool leaps = version->milestone != nullptr && version->milestone->depth > place.version->depth;
      version = leaps ? version->milestone : version->older;
    }
    return Place{place.row, version};
  }
  const Row* row = LastBefore(place.row->key());
  return row == first_ ? Place() : OldestOf(row);
}

}  // namespace basalt
