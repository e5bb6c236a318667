// Zeros ahead of the write-ahead log: they never meet what is appended, they cost nothing but themselves where they cannot
// be written, a log that is closed is without them, and recovery from a log that ends in them finds all there is.
#include "zero-writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "fault-file-system.h"
#include "harness.h"
#include "log-file-system.h"
#include "sample-engine.h"

using namespace basalt;
using namespace basalt_test;
using rocksdb::IOOptions;

namespace {

uint64_t SizeOnDisk(const std::string& path) {
  struct stat status;
  CHECK(stat(path.c_str(), &status) == 0);
  return static_cast<uint64_t>(status.st_size);
}

std::string ContentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

void WaitForZeros(const std::string& path, uint64_t at_least) {
  while (SizeOnDisk(path) < at_least) usleep(1000);
}

/** Refuses zeros: when the file is opened for them, or when they are written. */
class WithoutZeros : public rocksdb::FileSystemWrapper {
 public:
  explicit WithoutZeros(bool opens) : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), opens_(opens) {}
  const char* Name() const override { return "WithoutZeros"; }
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (!opens_) return rocksdb::IOStatus::NotSupported("no zeros");
    std::unique_ptr<rocksdb::FSRandomRWFile> target;
    rocksdb::IOStatus status = FileSystemWrapper::NewRandomRWFile(path, options, &target, debug);
    if (status.ok()) file->reset(new Refusing(std::move(target)));
    return status;
  }

 private:
  class Refusing : public rocksdb::FSRandomRWFileOwnerWrapper {
   public:
    using rocksdb::FSRandomRWFileOwnerWrapper::FSRandomRWFileOwnerWrapper;
    rocksdb::IOStatus Write(uint64_t, const rocksdb::Slice&, const IOOptions&, rocksdb::IODebugContext*) override {
      return rocksdb::IOStatus::NoSpace("no zeros");
    }
  };
  const bool opens_;
};

std::string OnlyLogOf(const std::string& directory) {
  std::vector<std::string> names;
  CHECK(rocksdb::Env::Default()->GetChildren(directory + "/log", &names).ok());
  std::string found;
  for (const std::string& name : names) {
    if (name.size() < 4 || name.compare(name.size() - 4, 4, ".log") != 0) continue;
    CHECK(found.empty());
    found = directory + "/log/" + name;
  }
  CHECK(!found.empty());
  return found;
}

}  // namespace

TEST(ZerosGoAheadOfALogAndAreGoneWhenItIsClosed) {
  std::mt19937_64 random(Seed("zeros"));
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/000001.log";
  const auto target = std::make_shared<FaultFileSystem>(FaultOptions{directory.path(), 1});
  LogFileSystem system(target);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  CHECK(system.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr).ok());
  WaitForZeros(path, 1 << 20);
  std::string written;
  for (uint64_t left = Rounds(3000); left > 0; left--) {
    // Also more at once than zeros ever stand ahead.
    std::string bytes = RandomBytes(&random, random() % 500 == 0 ? 5 << 20 : 20000);
    CHECK(file->Append(bytes, IOOptions(), nullptr).ok());
    if (random() % 10 == 0) CHECK(file->Sync(IOOptions(), nullptr).ok());
    written += bytes;
    uint64_t size = 0;
    CHECK(system.GetFileSize(path, IOOptions(), &size, nullptr).ok() && size == written.size());
  }
  WaitForZeros(path, written.size() + (1 << 20));
  const std::string before = ContentsOf(path);
  CHECK(before.compare(0, written.size(), written) == 0);
  CHECK(before.find_first_not_of('\0', written.size()) == std::string::npos);
  CHECK(file->Close(IOOptions(), nullptr).ok());
  CHECK(ContentsOf(path) == written);
  uint64_t size = 0;
  CHECK(system.GetFileSize(path, IOOptions(), &size, nullptr).ok() && size == written.size());
}

TEST(OtherFilesAndLogsWithoutSyncsHaveNoZeros) {
  TemporaryDirectory directory;
  LogFileSystem system(rocksdb::FileSystem::Default());
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const std::string path = directory.path() + "/000001.sst";
  CHECK(system.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr).ok());
  CHECK(file->Append("bytes", IOOptions(), nullptr).ok() && file->Close(IOOptions(), nullptr).ok());
  CHECK(ContentsOf(path) == "bytes");
  EngineOptions options = SmallOptions(directory.path() + "/node");
  options.sync = false;
  SampleEngine engine(options);
  CHECK(engine.Write({Put("\x10key", "value")}));
  usleep(50000);
  CHECK(SizeOnDisk(OnlyLogOf(directory.path() + "/node")) < 1000);
}

TEST(ADiskThatTakesNoZerosTakesTheLog) {
  for (const bool opens : {false, true}) {
    TemporaryDirectory directory;
    const std::string path = directory.path() + "/000001.log";
    LogFileSystem system(std::make_shared<WithoutZeros>(opens));
    std::unique_ptr<rocksdb::FSWritableFile> file;
    CHECK(system.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr).ok());
    for (int at = 0; at < 100; at++) CHECK(file->Append("bytes", IOOptions(), nullptr).ok());
    CHECK(file->Sync(IOOptions(), nullptr).ok() && SizeOnDisk(path) == 500);
    CHECK(file->Close(IOOptions(), nullptr).ok() && SizeOnDisk(path) == 500);
  }
}

TEST(RecoveryFindsEverythingBeforeTheZeros) {
  TemporaryDirectory directory;
  uint64_t entries = 0;
  for (int round = 0; round < 4; round++) {
    // Records that end at a block's end, within it, and so near to its end that no head fits.
    const size_t value_bytes[] = {100, 32768 - 150, 70000, 1};
    CHECK(RunInChild([&] {
            SampleEngine engine(SmallOptions(directory.path()));
            CHECK(engine.next_index() == entries + 1);
            for (int at = 0; at < 25; at++) {
              engine.Submit({Put("\x10key", std::string(value_bytes[round] + static_cast<size_t>(at), 'v'))});
              CHECK(engine.WaitSynced());
            }
            WaitForZeros(OnlyLogOf(directory.path()), 2 << 20);
            kill(getpid(), SIGKILL);
          }) == 1000 + SIGKILL);
    entries += 25;
  }
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.next_index() == entries + 1);
}

TEST(ACheckpointOfALogWithZerosOpens) {
  TemporaryDirectory directory;
  CHECK(RunInChild([&] {
          SampleEngine engine(SmallOptions(directory.path()));
          for (int at = 1; at <= 30; at++) CHECK(engine.Write({Put("\x10key", std::to_string(at))}));
          WaitForZeros(OnlyLogOf(directory.path()), 1 << 20);
          CHECK(engine.engine().Checkpoint("copy", 1).ok());
        }) == 0);
  SampleEngine engine(SmallOptions(directory.path() + "/checkpoints/copy"));
  CHECK(engine.next_index() == 31);
}
