// Power loss under an engine, at a random file operation and over many rounds on one directory: what was reported synced is
// in the log, what the data holds is one moment of the entries, and the engine starts. And why a flush names both data
// families.
#include <sys/mman.h>
#include <unistd.h>

#include "fault-file-system.h"
#include "harness.h"
#include "instances.h"
#include "rocksdb/write_batch.h"
#include "sample-engine.h"

using namespace basalt;
using namespace basalt_test;

namespace {

constexpr int kPowerLost = 137;

/** What the child tells the parent while it lives. */
struct Shared {
  std::atomic<uint64_t> synced_index{0};
  std::atomic<uint64_t> persisted_index{0};
};

Shared* MakeShared() {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return new (memory) Shared();
}

/** Entry k writes its number to a counter row, to a row of its own and to the tombstones: all or none may be seen. */
std::vector<SampleOperation> OperationsOf(uint64_t number) {
  const std::string text = std::to_string(number);
  return {Put("\x10" "counter", text), Put("\x11row" + text, std::string(300, 'r')), Put("\x40" "counter", text)};
}

EngineOptions WithFaults(const std::string& directory, std::shared_ptr<FaultFileSystem>* faults, uint64_t seed,
                         uint64_t operation) {
  *faults = std::make_shared<FaultFileSystem>(FaultOptions{directory, seed, operation});
  EngineOptions options = SmallOptions(directory);
  options.write_buffer_bytes = size_t{64} << 10;
  options.file_system = *faults;
  return options;
}

/** Writes until the power fails; compacts as it goes. */
void WriteUntilPowerLoss(SampleEngine* engine, Shared* shared, std::mt19937_64* random) {
  uint64_t persisted = engine->engine().groups().persisted_index(kGroup);
  for (;;) {
    for (uint64_t left = 1 + (*random)() % 8; left > 0; left--) engine->Submit(OperationsOf(engine->next_index()));
    if (!engine->WaitSynced()) {
      std::fprintf(stderr, "\n%s\n", engine->engine().events().failure().message().c_str());
      CHECK(false);
    }
    const uint64_t last = engine->next_index() - 1;
    shared->synced_index = last;
    engine->engine().SubmitApply(kGroup, last);
    if ((*random)() % 50 == 0) engine->engine().Flush();
    const uint64_t now_persisted = engine->engine().groups().persisted_index(kGroup);
    shared->persisted_index = std::max<uint64_t>(shared->persisted_index, now_persisted);
    if (now_persisted > persisted && (*random)() % 3 == 0) {
      persisted = now_persisted;
      engine->SubmitBatch(SampleBatch().Compact(kGroup, persisted, 1).HardState(kGroup, 1, 1, persisted));
    }
  }
}

void CheckDirectory(const std::string& directory, const Shared& shared) {
  SampleEngine engine(SmallOptions(directory));
  Engine& core = engine.engine();
  const LogBounds bounds = core.groups().log_bounds(kGroup);
  CHECK(bounds.last_index >= shared.synced_index);
  const uint64_t applied = core.groups().applied(kGroup).index;
  CHECK(applied >= shared.persisted_index && applied >= bounds.truncated.index && applied <= bounds.last_index);
  if (applied > 0) {
    CHECK(engine.Read("\x10" "counter") == std::to_string(applied));
    CHECK(engine.Read("\x40" "counter") == std::to_string(applied));
    CHECK(engine.Read("\x11row" + std::to_string(applied + 1)).empty());
  }
  if (bounds.last_index > 0) {
    core.SubmitApply(kGroup, bounds.last_index);
    CHECK(applied == bounds.last_index || engine.WaitApplied(bounds.last_index));
    CHECK(engine.Read("\x10" "counter") == std::to_string(bounds.last_index));
    for (uint64_t index = 1; index <= bounds.last_index; index += 1 + bounds.last_index / 50) {
      CHECK(engine.Read("\x11row" + std::to_string(index)).size() == 300);
    }
  }
}

/** Rounds of write, power loss, check, all on one directory. */
void RunRounds(uint64_t seed, uint64_t rounds) {
  std::mt19937_64 random(seed);
  TemporaryDirectory directory;
  Shared* shared = MakeShared();
  for (uint64_t round = 0; round < rounds; round++) {
    // Often early, while an instance is being created or recovered.
    const uint64_t operation = 1 + random() % (random() % 2 == 0 ? 120 : 1500);
    const uint64_t child_seed = random();
    const int status = RunInChild([&] {
      std::shared_ptr<FaultFileSystem> faults;
      SampleEngine engine(WithFaults(directory.path(), &faults, child_seed, operation));
      std::mt19937_64 child_random(child_seed);
      const uint64_t last = engine.next_index() - 1;
      if (last > engine.engine().groups().applied(kGroup).index) engine.engine().SubmitApply(kGroup, last);
      WriteUntilPowerLoss(&engine, shared, &child_random);
    });
    if (status != kPowerLost) std::fprintf(stderr, "\nround %llu ended with %d\n", (unsigned long long)round, status);
    CHECK(status == kPowerLost);
    CHECK(RunInChild([&] { CheckDirectory(directory.path(), *shared); }) == 0);
  }
  munmap(shared, sizeof(Shared));
}

/** Rounds without syncs: true once a power loss has taken what was reported. */
bool LosesSomethingWithoutSyncs(uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 10; round++) {
    TemporaryDirectory directory;
    Shared* shared = MakeShared();
    const uint64_t child_seed = random();
    const int status = RunInChild([&] {
      std::mt19937_64 child_random(child_seed);
      std::shared_ptr<FaultFileSystem> faults;
      EngineOptions options = WithFaults(directory.path(), &faults, child_seed, 200 + child_random() % 200);
      options.sync = false;
      SampleEngine engine(options);
      WriteUntilPowerLoss(&engine, shared, &child_random);
    });
    CHECK(status == kPowerLost);
    const int kept = RunInChild([&] {
      SampleEngine engine(SmallOptions(directory.path()));
      _exit(engine.engine().groups().log_bounds(kGroup).last_index >= shared->synced_index ? 0 : 1);
    });
    munmap(shared, sizeof(Shared));
    if (kept != 0) return true;
  }
  return false;
}

/**
 * One batch to both data families, then a flush of the given ones and a power loss. What of the batch is left: 1 for its
 * row in kv_data, 2 for the one in tombstones.
 */
int LeftAfterFlushOf(bool key_values, bool tombstones) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/data";
  EngineOptions options = SmallOptions(directory.path());
  const auto ignore_error = [](const std::string&) {};
  const int status = RunInChild([&] {
    auto faults = std::make_shared<FaultFileSystem>(FaultOptions{directory.path(), 1, 0});
    options.file_system = faults;
    Instances instances;
    CHECK(instances.OpenLog(options, directory.path() + "/log", ignore_error).ok());
    CHECK(instances.OpenData(options, path, ignore_error, nullptr).ok());
    rocksdb::WriteBatch batch;
    CHECK(batch.Put(instances.key_values, "row", "1").ok() && batch.Put(instances.tombstones, "row", "1").ok());
    rocksdb::WriteOptions without_log;
    without_log.disableWAL = true;
    CHECK(instances.data()->Write(without_log, &batch).ok());
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    if (key_values) families.push_back(instances.key_values);
    if (tombstones) families.push_back(instances.tombstones);
    CHECK(instances.data()->Flush(rocksdb::FlushOptions(), families).ok());
    faults->CutPower();
  });
  CHECK(status == kPowerLost);
  return RunInChild([&] {
    options.file_system = nullptr;
    Instances instances;
    CHECK(instances.OpenLog(options, directory.path() + "/log", ignore_error).ok());
    CHECK(instances.OpenData(options, path, ignore_error, nullptr).ok());
    std::string value;
    const bool row = instances.data()->Get(rocksdb::ReadOptions(), instances.key_values, "row", &value).ok();
    const bool tombstone = instances.data()->Get(rocksdb::ReadOptions(), instances.tombstones, "row", &value).ok();
    instances.Close();
    _exit((row ? 1 : 0) + (tombstone ? 2 : 0));
  });
}

}  // namespace

TEST(NothingSyncedIsLostWithThePower) {
  std::mt19937_64 random(Seed("power loss"));
  const uint64_t rounds = Rounds(40);
  for (uint64_t left = rounds; left > 0; left -= std::min<uint64_t>(left, 8)) {
    RunRounds(random(), std::min<uint64_t>(left, 8));
  }
}

TEST(WithoutSyncsTheSameLossIsSeen) { CHECK(LosesSomethingWithoutSyncs(Seed("canary"))); }

TEST(AFlushOfOneFamilyAloneBreaksABatchApart) {
  CHECK(LeftAfterFlushOf(true, false) == 1);
  CHECK(LeftAfterFlushOf(false, true) == 2);
  CHECK(LeftAfterFlushOf(true, true) == 3);
}

TEST(AFailingDiskEndsInAFailureAndNothingIsAcknowledged) {
  for (const FaultKind kind : {FaultKind::kIOError, FaultKind::kNoSpace, FaultKind::kReadOnly}) {
    TemporaryDirectory directory;
    uint64_t acknowledged = 0;
    {
      std::shared_ptr<FaultFileSystem> faults;
      SampleEngine engine(WithFaults(directory.path(), &faults, 1, 0));
      for (uint64_t at = 1; at <= 20; at++) CHECK(engine.Write(OperationsOf(at)));
      acknowledged = engine.synced_ticket();
      faults->SetFault(kind, "/log/");
      CHECK(!engine.Write(OperationsOf(21)));
      CHECK(engine.engine().events().failure().code() == "STORAGE_FAILED");
      // The disk coming back changes nothing: what failed is never tried again.
      faults->SetFault(FaultKind::kNone, "");
      engine.Submit(OperationsOf(22));
      CHECK(!engine.WaitSynced() && engine.synced_ticket() == acknowledged);
    }
    SampleEngine engine(SmallOptions(directory.path()));
    CHECK(engine.next_index() > 20);
  }
}

TEST(AFailingDataDiskEndsInAFailure) {
  for (const FaultKind kind : {FaultKind::kIOError, FaultKind::kNoSpace, FaultKind::kReadOnly}) {
    TemporaryDirectory directory;
    std::shared_ptr<FaultFileSystem> faults;
    SampleEngine engine(WithFaults(directory.path(), &faults, 1, 0));
    CHECK(engine.Write(OperationsOf(1)));
    faults->SetFault(kind, "/data/");
    engine.engine().Flush();
    CHECK(!engine.WaitPersisted(1));
    CHECK(engine.engine().events().failure().code() == "STORAGE_FAILED");
    faults->SetFault(FaultKind::kNone, "");
    CHECK(!engine.Write(OperationsOf(2)));
  }
}
