// The memtable of kv_data: in step with a model, alone and inside of RocksDB, and read while it is written.
#include <map>
#include <memory>
#include <thread>

#include "harness.h"
#include "instances.h"
#include "memtable-index.h"
#include "rocksdb/write_batch.h"
#include "sample-engine.h"

using namespace basalt;
using namespace basalt_test;
using rocksdb::ReadOptions;

namespace {

/** An index over memory of its own. */
class SampleIndex {
 public:
  void Insert(const std::string& key, uint64_t tag) {
    std::string entry;
    for (size_t length = key.size() + 8; ; length >>= 7) {
      entry.push_back(static_cast<char>((length & 0x7f) | (length > 0x7f ? 0x80 : 0)));
      if (length <= 0x7f) break;
    }
    entry += key;
    entry.append(reinterpret_cast<const char*>(&tag), 8);
    entry += "and more";
    char* to = index_.MakeEntry(entry.size());
    std::memcpy(to, entry.data(), entry.size());
    CHECK(index_.Insert(to));
  }
  const MemtableIndex& index() const { return index_; }

 private:
  static char* Allocate(void* self, size_t bytes) {
    auto& blocks = static_cast<SampleIndex*>(self)->blocks_;
    // At any address.
    blocks.push_back(std::make_unique<char[]>(bytes + 3));
    return blocks.back().get() + blocks.size() % 4;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  MemtableIndex index_{Allocate, this};
};

struct NewestFirst {
  bool operator()(const std::pair<std::string, uint64_t>& left, const std::pair<std::string, uint64_t>& right) const {
    return left.first != right.first ? left.first < right.first : left.second > right.second;
  }
};
using Model = std::map<std::pair<std::string, uint64_t>, int, NewestFirst>;

std::string RandomKey(std::mt19937_64* random) {
  switch ((*random)() % 4) {
    case 0:
      // Alike in what the order is mostly decided by, and of any length, none included.
      return std::string((*random)() % 40, 'k');
    case 1:
      return std::string(16, 'k') + std::to_string((*random)() % 200);
    case 2:
      return RandomBytes(random, 20);
    default:
      return std::to_string((*random)() % 2000);
  }
}

bool Is(MemtableIndex::Place place, const Model& model, Model::const_iterator expected) {
  if (expected == model.end()) return place.version == nullptr;
  return place.version != nullptr && place.version->key() == Slice(expected->first.first) &&
         place.version->tag() == expected->first.second;
}

void CheckAt(const MemtableIndex& index, const Model& model, const std::string& key, uint64_t tag) {
  const auto at = model.lower_bound({key, tag});
  CHECK(Is(index.Seek(key, tag), model, at));
  const bool found = at != model.end() && at->first.first == key;
  CHECK(Is(index.Find(key, tag), model, found ? at : model.end()));
  const auto behind = model.upper_bound({key, tag});
  CHECK(Is(index.SeekForPrev(key, tag), model, behind == model.begin() ? model.end() : std::prev(behind)));
}

void CheckOrder(const MemtableIndex& index, const Model& model) {
  MemtableIndex::Place place = index.First();
  for (auto at = model.begin(); at != model.end(); ++at) {
    CHECK(Is(place, model, at));
    place = index.Next(place);
  }
  CHECK(place.version == nullptr);
  place = index.Last();
  for (auto at = model.rbegin(); at != model.rend(); ++at) {
    CHECK(Is(place, model, std::prev(at.base())));
    place = index.Prev(place);
  }
  CHECK(place.version == nullptr);
}

/** What a database shows: every row by scans in both directions, and by Get. */
void CheckRows(rocksdb::DB* database, ColumnFamilyHandle* family, const ReadOptions& options,
               const std::map<std::string, std::string>& rows, std::mt19937_64* random) {
  std::unique_ptr<rocksdb::Iterator> iterator(database->NewIterator(options, family));
  auto row = rows.begin();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++row) {
    CHECK(row != rows.end() && iterator->key() == Slice(row->first) && iterator->value() == Slice(row->second));
  }
  CHECK(iterator->status().ok() && row == rows.end());
  auto last = rows.rbegin();
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev(), ++last) {
    CHECK(last != rows.rend() && iterator->key() == Slice(last->first) && iterator->value() == Slice(last->second));
  }
  CHECK(iterator->status().ok() && last == rows.rend());
  for (int left = 50; left > 0; left--) {
    const std::string key = RandomKey(random);
    std::string value;
    const Status status = database->Get(options, family, key, &value);
    const auto found = rows.find(key);
    CHECK(found == rows.end() ? status.IsNotFound() : status.ok() && value == found->second);
    const auto behind = rows.lower_bound(key);
    iterator->Seek(key);
    CHECK(behind == rows.end() ? !iterator->Valid() : iterator->key() == Slice(behind->first));
    const auto beyond = rows.upper_bound(key);
    iterator->SeekForPrev(key);
    CHECK(beyond == rows.begin() ? !iterator->Valid() : iterator->key() == Slice(std::prev(beyond)->first));
  }
}

}  // namespace

TEST(TheMemtableIndexIsInStepWithAModel) {
  std::mt19937_64 random(Seed("memtable index"));
  for (uint64_t left = Rounds(20); left > 0; left--) {
    SampleIndex sample;
    Model model;
    CheckOrder(sample.index(), model);
    uint64_t tag = 1;
    for (uint64_t inserts = random() % 6000; inserts > 0; inserts--) {
      const std::string key = RandomKey(&random);
      tag += 1 + random() % 300;
      sample.Insert(key, tag);
      model[{key, tag}] = 1;
      if (random() % 8 == 0) CheckAt(sample.index(), model, RandomKey(&random), random() % (tag + 2));
      if (random() % 8 == 0) CheckAt(sample.index(), model, key, tag - random() % 300);
      if (random() % 2000 == 0) CheckOrder(sample.index(), model);
    }
    CheckOrder(sample.index(), model);
  }
}

TEST(AVersionIsTakenOnce) {
  SampleIndex sample;
  sample.Insert("key", 7);
  MemtableIndex& index = const_cast<MemtableIndex&>(sample.index());
  char* entry = index.MakeEntry(12);
  std::memcpy(entry, "\x0bkey\x07\0\0\0\0\0\0\0", 12);
  CHECK(!index.Insert(entry));
  CHECK(index.Next(index.First()).version == nullptr);
}

TEST(AnOldVersionAmongManyIsFoundSoon) {
  SampleIndex sample;
  constexpr uint32_t kVersions = 200000;
  for (uint32_t at = 1; at <= kVersions; at++) sample.Insert("hot", at);
  for (uint32_t tag = 1; tag < kVersions; tag += 997) {
    const MemtableIndex::Version* version = sample.index().Find("hot", kVersions).version;
    int steps = 0;
    for (; version->tag() > tag; steps++) {
      version = version->milestone && version->milestone->tag() >= tag ? version->milestone : version->older;
    }
    CHECK(version->tag() == tag && steps < 1000);
    CHECK(sample.index().Find("hot", tag).version == version);
    const MemtableIndex::Place before = sample.index().Prev(sample.index().Find("hot", tag));
    CHECK(before.version->tag() == tag + 1);
  }
}

TEST(ReadersSeeARisingMemtable) {
  // Counters: a reader that finds one row at a number finds every earlier one at that or more.
  SampleIndex sample;
  constexpr int kRows = 500;
  constexpr uint64_t kRounds = 300;
  std::atomic<bool> done{false};
  const auto row = [](int at) { return std::string(16, 'r') + std::to_string(100000 + at * 7919 % kRows); };
  const auto read = [&] {
    std::mt19937_64 random(7);
    uint64_t seen = 0;
    while (!done) {
      const MemtableIndex::Place place = sample.index().Find(row(kRows - 1), UINT64_MAX);
      const uint64_t tag = place.version ? place.version->tag() : 0;
      CHECK(tag >= seen);
      seen = tag;
      const int other = static_cast<int>(random() % kRows);
      const MemtableIndex::Place found = sample.index().Find(row(other), UINT64_MAX);
      CHECK(tag == 0 || (found.version != nullptr && found.version->tag() >= tag && found.version->key() == Slice(row(other))));
      if (random() % 50 != 0) continue;
      std::string last;
      int rows = 0;
      for (MemtableIndex::Place at = sample.index().First(); at.version; rows++) {
        const std::string key = at.version->key().ToString();
        CHECK(last < key);
        last = key;
        at = sample.index().Seek(key + '\0', UINT64_MAX);
      }
      CHECK(tag == 0 || rows == kRows);
      for (MemtableIndex::Place at = sample.index().Last(); at.version; at = sample.index().Prev(at)) rows--;
      CHECK(tag == 0 || rows <= 0);
    }
  };
  std::thread first(read), second(read);
  for (uint64_t round = 1; round <= kRounds; round++) {
    for (int at = 0; at < kRows; at++) sample.Insert(row(at), round);
  }
  done = true;
  first.join();
  second.join();
}

TEST(ADatabaseWithItIsInStepWithAModel) {
  std::mt19937_64 random(Seed("memtable"));
  TemporaryDirectory directory;
  EngineOptions options = SmallOptions(directory.path());
  options.write_buffer_bytes = size_t{256} << 10;
  Instances instances;
  CHECK(instances.OpenData(options, directory.path() + "/data", [](const std::string&) { CHECK(false); }, nullptr).ok());
  rocksdb::DB* const database = instances.data();
  std::map<std::string, std::string> rows;
  struct View {
    const rocksdb::Snapshot* snapshot;
    std::map<std::string, std::string> rows;
  };
  std::vector<View> views;
  rocksdb::WriteOptions without_log;
  without_log.disableWAL = true;
  for (uint64_t left = Rounds(1500); left > 0; left--) {
    rocksdb::WriteBatch batch;
    for (uint64_t operations = random() % 40; operations > 0; operations--) {
      const std::string key = RandomKey(&random);
      if (random() % 200 == 0) {
        const std::string end = key + RandomKey(&random);
        CHECK(batch.DeleteRange(instances.key_values, key, end).ok());
        rows.erase(rows.lower_bound(key), rows.lower_bound(end));
      } else if (random() % 4 == 0) {
        CHECK(batch.Delete(instances.key_values, key).ok());
        rows.erase(key);
      } else {
        const std::string value = RandomBytes(&random, 200);
        CHECK(batch.Put(instances.key_values, key, value).ok());
        rows[key] = value;
      }
    }
    CHECK(database->Write(without_log, &batch).ok());
    if (random() % 100 == 0) views.push_back(View{database->GetSnapshot(), rows});
    if (random() % 40 == 0) CheckRows(database, instances.key_values, ReadOptions(), rows, &random);
    if (!views.empty() && random() % 60 == 0) {
      const size_t at = random() % views.size();
      ReadOptions at_snapshot;
      at_snapshot.snapshot = views[at].snapshot;
      CheckRows(database, instances.key_values, at_snapshot, views[at].rows, &random);
      if (random() % 2 == 0) {
        database->ReleaseSnapshot(views[at].snapshot);
        views.erase(views.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  }
  for (const View& view : views) database->ReleaseSnapshot(view.snapshot);
  CheckRows(database, instances.key_values, ReadOptions(), rows, &random);
  instances.Close();
}
