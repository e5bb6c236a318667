// The fault file system itself: what it says is lost is lost, what was synced stays, over many seeds.
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>

#include "fault-file-system.h"
#include "harness.h"

using namespace basalt;
using namespace basalt_test;

namespace {

constexpr int kPowerLost = 137;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

bool Exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

void WriteOutside(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

/** The calls that RocksDB makes, with little noise. */
class Disk {
 public:
  explicit Disk(const FaultOptions& options) : directory_(options.directory), system_(options) {}
  Disk(const std::string& directory, uint64_t seed, uint64_t power_loss_at_operation = 0)
      : directory_(directory), system_(FaultOptions{directory, seed, power_loss_at_operation}) {}

  std::unique_ptr<rocksdb::FSWritableFile> Create(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    CHECK(system_.NewWritableFile(Path(name), rocksdb::FileOptions(), &file, nullptr).ok());
    return file;
  }
  void Append(rocksdb::FSWritableFile* file, const std::string& bytes) {
    CHECK(file->Append(bytes, rocksdb::IOOptions(), nullptr).ok());
  }
  void Sync(rocksdb::FSWritableFile* file) { CHECK(file->Sync(rocksdb::IOOptions(), nullptr).ok()); }
  void SyncDirectory() {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    CHECK(system_.NewDirectory(directory_, rocksdb::IOOptions(), &directory, nullptr).ok());
    CHECK(directory->Fsync(rocksdb::IOOptions(), nullptr).ok());
  }
  void Rename(const std::string& source, const std::string& target) {
    CHECK(system_.RenameFile(Path(source), Path(target), rocksdb::IOOptions(), nullptr).ok());
  }
  void Delete(const std::string& name) {
    CHECK(system_.DeleteFile(Path(name), rocksdb::IOOptions(), nullptr).ok());
  }
  void Link(const std::string& source, const std::string& target) {
    CHECK(system_.LinkFile(Path(source), Path(target), rocksdb::IOOptions(), nullptr).ok());
  }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  FaultFileSystem& system() { return system_; }

 private:
  const std::string directory_;
  FaultFileSystem system_;
};

/** Runs the steps and a power loss in a child process. */
template <typename Steps>
void LosePowerAfter(const std::string& directory, uint64_t seed, Steps steps) {
  CHECK(RunInChild([&] {
          Disk disk(directory, seed);
          steps(disk);
          disk.system().CutPower();
        }) == kPowerLost);
  CHECK(!Exists(directory + "/unsynced"));
}

}  // namespace

TEST(SyncedBytesStayAndUnsyncedOnesMayGo) {
  const std::string synced(1000, 's'), unsynced(3000, 'u');
  std::set<size_t> lengths;
  bool garbled = false;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    TemporaryDirectory directory;
    LosePowerAfter(directory.path(), seed, [&](Disk& disk) {
      auto file = disk.Create("a");
      disk.SyncDirectory();
      disk.Append(file.get(), synced);
      disk.Sync(file.get());
      disk.Append(file.get(), unsynced);
    });
    const std::string left = Contents(directory.path() + "/a");
    CHECK(left.size() >= synced.size() && left.size() <= synced.size() + unsynced.size());
    CHECK(left.compare(0, synced.size(), synced) == 0);
    garbled = garbled || left.find_first_not_of("su") != std::string::npos;
    lengths.insert(left.size());
  }
  CHECK(lengths.size() > 10 && lengths.count(synced.size()) == 1 && garbled);
}

TEST(NamesWithoutADirectorySyncAreUndone) {
  bool undone = false, kept = false;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    TemporaryDirectory directory;
    const std::string base = directory.path() + "/";
    WriteOutside(base + "deleted", "deleted");
    WriteOutside(base + "source", "source");
    WriteOutside(base + "target", "target");
    WriteOutside(base + "linked", "linked");
    LosePowerAfter(directory.path(), seed, [&](Disk& disk) {
      auto file = disk.Create("created");
      disk.Append(file.get(), "bytes");
      disk.Sync(file.get());
      disk.Delete("deleted");
      disk.Rename("source", "target");
      disk.Link("linked", "name");
    });
    const bool created = Exists(base + "created"), deleted = !Exists(base + "deleted");
    const bool renamed = !Exists(base + "source"), linked = Exists(base + "name");
    // They happen in order: a later one never without an earlier one.
    CHECK(created >= deleted && deleted >= renamed && renamed >= linked);
    CHECK(Contents(base + "target") == (renamed ? "source" : "target"));
    if (!renamed) CHECK(Contents(base + "source") == "source");
    if (!deleted) CHECK(Contents(base + "deleted") == "deleted");
    if (created) CHECK(Contents(base + "created") == "bytes");
    undone = undone || !created;
    kept = kept || linked;
  }
  CHECK(undone && kept);
}

TEST(NamesWithADirectorySyncStay) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    TemporaryDirectory directory;
    const std::string base = directory.path() + "/";
    WriteOutside(base + "deleted", "deleted");
    WriteOutside(base + "target", "target");
    LosePowerAfter(directory.path(), seed, [&](Disk& disk) {
      auto file = disk.Create("temporary");
      disk.Append(file.get(), "bytes");
      disk.Sync(file.get());
      disk.Rename("temporary", "target");
      disk.Delete("deleted");
      disk.SyncDirectory();
      disk.Delete("target");
    });
    CHECK(!Exists(base + "deleted") && !Exists(base + "temporary"));
    if (Exists(base + "target")) CHECK(Contents(base + "target") == "bytes");
  }
}

TEST(AReplacedFileComesBack) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    TemporaryDirectory directory;
    WriteOutside(directory.path() + "/a", "old");
    LosePowerAfter(directory.path(), seed, [&](Disk& disk) {
      auto file = disk.Create("a");
      disk.Append(file.get(), "new");
      disk.Sync(file.get());
    });
    const std::string path = directory.path() + "/a";
    CHECK(!Exists(path) || Contents(path) == "old" || Contents(path) == "new");
  }
}

TEST(ThePowerFailsBeforeTheGivenOperation) {
  TemporaryDirectory directory;
  const auto steps = [&](uint64_t at) {
    return RunInChild([&] {
      Disk disk(directory.path(), 7, at);
      auto file = disk.Create("a");     // 1
      disk.SyncDirectory();             // 2
      disk.Append(file.get(), "1234");  // 3
      disk.Sync(file.get());            // 4
      disk.Delete("a");                 // 5
      CHECK(disk.system().operations() == 5);
    });
  };
  CHECK(steps(1) == kPowerLost && !Exists(directory.path() + "/a"));
  CHECK(steps(3) == kPowerLost && Contents(directory.path() + "/a").empty());
  CHECK(steps(5) == kPowerLost && Contents(directory.path() + "/a") == "1234");
  CHECK(steps(6) == 0);
}

TEST(FaultsMeetOnlyWhatTheyName) {
  TemporaryDirectory directory;
  Disk disk(directory.path(), 1);
  auto first = disk.Create("first");
  auto second = disk.Create("second");
  const rocksdb::IOOptions options;
  disk.system().SetFault(FaultKind::kNoSpace, "first");
  CHECK(first->Append("x", options, nullptr).IsNoSpace() && first->Sync(options, nullptr).IsNoSpace());
  CHECK(second->Append("x", options, nullptr).ok());
  disk.system().SetFault(FaultKind::kReadOnly, "");
  CHECK(second->Append("x", options, nullptr).IsIOError());
  CHECK(disk.system().DeleteFile(disk.Path("second"), options, nullptr).IsIOError());
  disk.system().SetFault(FaultKind::kNone, "");
  CHECK(first->Append("x", options, nullptr).ok());
}

TEST(ReadsCanFail) {
  TemporaryDirectory directory;
  Disk disk(directory.path(), 1);
  auto written = disk.Create("read");
  disk.Append(written.get(), "bytes");
  const auto sequential = [&] {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    CHECK(disk.system().NewSequentialFile(disk.Path("read"), rocksdb::FileOptions(), &file, nullptr).ok());
    char room[8];
    rocksdb::Slice result;
    return file->Read(5, rocksdb::IOOptions(), &result, room, nullptr);
  };
  const auto random = [&] {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    CHECK(disk.system().NewRandomAccessFile(disk.Path("read"), rocksdb::FileOptions(), &file, nullptr).ok());
    char room[8];
    rocksdb::Slice result;
    return file->Read(0, 5, rocksdb::IOOptions(), &result, room, nullptr);
  };
  CHECK(sequential().ok() && random().ok());
  disk.system().SetFault(FaultKind::kReadError, "read");
  CHECK(sequential().IsIOError() && random().IsIOError());
  CHECK(written->Append("more", rocksdb::IOOptions(), nullptr).ok());
  disk.system().SetFault(FaultKind::kIOError, "read");
  CHECK(sequential().ok() && random().ok());
}

TEST(FaultsCanBeThereFromTheFirstOperationOn) {
  TemporaryDirectory directory;
  Disk disk(FaultOptions{directory.path(), 1, 0, FaultKind::kNoSpace, "refused"});
  std::unique_ptr<rocksdb::FSWritableFile> file;
  CHECK(disk.system().NewWritableFile(disk.Path("refused"), rocksdb::FileOptions(), &file, nullptr).IsNoSpace());
  disk.Create("taken");
}
