#include "memtable.h"

#include <new>
#include <vector>

#include "memtable-index.h"

namespace basalt {
namespace {

using rocksdb::Allocator;
using rocksdb::Arena;
using rocksdb::KeyHandle;
using rocksdb::MemTableRep;

/**
 * Memory of iterators. RocksDB wants most of them made in an arena, which its headers do not show, and only calls their
 * destructor. So an iterator leaves its memory here as it ends, for the next one of the same thread.
 */
class IteratorMemory {
 public:
  ~IteratorMemory() {
    for (void* memory : free_) ::operator delete(memory);
  }
  void* Take(size_t bytes) {
    if (free_.empty()) return ::operator new(bytes);
    void* memory = free_.back();
    free_.pop_back();
    return memory;
  }
  /** The iterator is still ending: its own memory stays. */
  void Give(void* memory) {
    if (free_.size() >= kMaxKept) {
      ::operator delete(free_.back());
      free_.pop_back();
    }
    free_.push_back(memory);
  }

 private:
  static constexpr size_t kMaxKept = 64;
  std::vector<void*> free_;
};

thread_local IteratorMemory iterator_memory;

class RowIterator : public MemTableRep::Iterator {
 public:
  /** `only_equal`: Seek finds versions of the very row, or nothing. */
  RowIterator(const MemtableIndex* index, bool only_equal) : index_(index), only_equal_(only_equal) {}
  ~RowIterator() override { iterator_memory.Give(this); }
  static void* operator new(size_t bytes) { return iterator_memory.Take(bytes); }
  static void operator delete(void*) {}

  bool Valid() const override { return at_.version != nullptr; }
  const char* key() const override { return at_.version->entry(); }
  void Next() override { at_ = index_->Next(at_); }
  void Prev() override { at_ = index_->Prev(at_); }
  void Seek(const Slice& internal_key, const char*) override {
    at_ = only_equal_ ? index_->Find(KeyOf(internal_key), TagOf(internal_key))
                      : index_->Seek(KeyOf(internal_key), TagOf(internal_key));
  }
  void SeekForPrev(const Slice& internal_key, const char*) override {
    at_ = index_->SeekForPrev(KeyOf(internal_key), TagOf(internal_key));
  }
  void SeekToFirst() override { at_ = index_->First(); }
  void SeekToLast() override { at_ = index_->Last(); }

 private:
  const MemtableIndex* const index_;
  const bool only_equal_;
  MemtableIndex::Place at_;
};

class IndexedMemtable : public MemTableRep {
 public:
  explicit IndexedMemtable(Allocator* allocator) : MemTableRep(allocator), index_(AllocateIn, this) {}

  KeyHandle Allocate(const size_t length, char** buffer) override { return *buffer = index_.MakeEntry(length); }
  void Insert(KeyHandle handle) override { InsertKey(handle); }
  bool InsertKey(KeyHandle handle) override { return index_.Insert(static_cast<char*>(handle)); }
  bool Contains(const char* key) const override {
    const Slice internal = UserAndTag(key);
    const MemtableIndex::Place place = index_.Find(KeyOf(internal), TagOf(internal));
    return place.version != nullptr && place.version->tag() == TagOf(internal);
  }
  size_t ApproximateMemoryUsage() override { return index_.table_bytes(); }
  Iterator* GetIterator(Arena*) override { return new RowIterator(&index_, false); }
  /** What a Get walks: there is no prefix extractor that would give it to a scan. */
  Iterator* GetDynamicPrefixIterator(Arena*) override { return new RowIterator(&index_, true); }

 private:
  static char* AllocateIn(void* memtable, size_t bytes) {
    char* memory = nullptr;
    static_cast<IndexedMemtable*>(memtable)->MemTableRep::Allocate(bytes, &memory);
    return memory;
  }
  Slice UserAndTag(const char* key) const {
    const Slice user = UserKey(key);
    return Slice(user.data(), user.size() + kTagBytes);
  }

  MemtableIndex index_;
};

class IndexedMemtableFactory : public rocksdb::MemTableRepFactory {
 public:
  using rocksdb::MemTableRepFactory::CreateMemTableRep;
  MemTableRep* CreateMemTableRep(const MemTableRep::KeyComparator&, Allocator* allocator,
                                 const rocksdb::SliceTransform*, rocksdb::Logger*) override {
    return new IndexedMemtable(allocator);
  }
  const char* Name() const override { return "BasaltIndexedMemtable"; }
  bool CanHandleDuplicatedKey() const override { return true; }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> IndexedMemtables() { return std::make_shared<IndexedMemtableFactory>(); }

}  // namespace basalt
