// The engine through its own interface: write, apply, read, reopen, replay, compaction, and what it refuses.
#include <csignal>
#include <map>

#include "harness.h"
#include "range-walks.h"
#include "sample-engine.h"

using namespace basalt;
using namespace basalt_test;

namespace {

void RemoveAll(const std::string& path) { CHECK(std::system(("rm -rf '" + path + "'").c_str()) == 0); }

std::string Key(uint64_t number) { return "\x10key" + std::to_string(number); }

}  // namespace

TEST(WhatIsAppliedIsReadAndSurvivesAReopen) {
  TemporaryDirectory directory;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 200; at++) CHECK(engine.Write({Put(Key(at % 50), std::to_string(at))}));
    CHECK(engine.Write({Delete(Key(3)), DeleteRange(Key(4), Key(5)), Put("\x40tomb", "stone")}));
    CHECK(engine.Read(Key(0)) == "150" && engine.Read(Key(3)).empty() && engine.Read(Key(4)).empty());
  }
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.engine().groups().applied(kGroup).index == 201 && engine.next_index() == 202);
  CHECK(engine.Read(Key(0)) == "150" && engine.Read(Key(3)).empty() && engine.Read("\x40tomb") == "stone");
}

TEST(BatchesInKeyOrderHaveTheEffectOfTheirOperationsInOrder) {
  std::mt19937_64 random(Seed("batches"));
  TemporaryDirectory directory;
  SampleEngine engine(SmallOptions(directory.path()));
  std::map<std::string, std::string> model;
  uint64_t last = 0;
  for (int entry = 0; entry < 200; entry++) {
    std::vector<SampleOperation> operations;
    for (uint64_t left = random() % 60; left > 0; left--) {
      // Few keys, of all spaces, of lengths below and above what is compared at once, with common beginnings.
      const std::string spaces = "\x10\x11\x20\x40";
      const std::string key = spaces[random() % 4] + std::string(random() % 3 * 10, 'p') + std::to_string(random() % 6);
      const uint64_t kind = random() % 20;
      if (kind < 12) {
        operations.push_back(Put(key, std::to_string(random())));
        model[key] = operations.back().value;
      } else if (kind < 19) {
        operations.push_back(Delete(key));
        model.erase(key);
      } else {
        const std::string end = key.substr(0, key.size() - 1) + "9";
        operations.push_back(DeleteRange(key, end));
        model.erase(model.lower_bound(key), model.lower_bound(end));
      }
    }
    last = engine.Submit(operations);
  }
  CHECK(engine.WaitSynced());
  engine.engine().SubmitApply(kGroup, last);
  CHECK(engine.WaitApplied(last));
  for (const char space : {'\x10', '\x11', '\x20', '\x40'}) {
    for (size_t length = 0; length <= 20; length += 10) {
      for (int number = 0; number < 6; number++) {
        const std::string key = space + std::string(length, 'p') + std::to_string(number);
        const auto expected = model.find(key);
        CHECK(engine.Read(key) == (expected == model.end() ? "" : expected->second));
      }
    }
  }
}

TEST(AnEngineThatEndsAtOnceReplaysItsLog) {
  TemporaryDirectory directory;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 100; at++) CHECK(engine.Write({Put(Key(at), std::to_string(at))}));
    engine.engine().Abandon();
  }
  SampleEngine engine(SmallOptions(directory.path()));
  const uint64_t applied = engine.engine().groups().applied(kGroup).index;
  CHECK(applied < 100 && engine.next_index() == 101);
  engine.engine().SubmitApply(kGroup, 100);
  CHECK(engine.WaitApplied(100));
  for (uint64_t at = 0; at < 100; at++) CHECK(engine.Read(Key(at)) == std::to_string(at));
}

TEST(TheLogIsCompactedUpToWhatIsPersisted) {
  TemporaryDirectory directory;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 400; at++) CHECK(engine.Write({Put(Key(at % 7), std::string(2000, 'v'))}));
    engine.engine().Flush();
    CHECK(engine.WaitPersisted(400));
    engine.SubmitBatch(SampleBatch().Compact(kGroup, 390, 1).HardState(kGroup, 1, 3, 400));
    CHECK(engine.WaitSynced());
    std::vector<HeldEntry> entries;
    CHECK(!engine.engine().ReadEntries(kGroup, 390, 391, 1, &entries).ok());
    CHECK(engine.engine().ReadEntries(kGroup, 391, 401, 4100, &entries).ok() && entries.size() == 2);
  }
  SampleEngine engine(SmallOptions(directory.path()));
  const LogBounds bounds = engine.engine().groups().log_bounds(kGroup);
  CHECK(bounds.truncated.index == 390 && bounds.truncated.term == 1 && bounds.last_index == 400);
  HardState state;
  CHECK(engine.engine().log_store().ReadHardState(kGroup, &state).ok() && state.vote == 3 && state.commit == 400);
}

TEST(BatchesInPlaceAndQueuedOnesKeepTheirOrder) {
  std::mt19937_64 random(Seed("in place"));
  TemporaryDirectory directory;
  uint64_t in_place = 0;
  constexpr uint64_t kEntries = 2000;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    // A cut, too, can be made in place; what a compaction leaves is the log thread's matter.
    for (uint64_t index = engine.next_index(); index <= kEntries; index++) {
      SampleBatch batch;
      if (index > 1 && random() % 16 == 0) batch.CutSuffix(kGroup, --index);
      batch.Append(kGroup, index, 1, SamplePayload({1, engine.next_hlc(), 0, 0}, {Put(Key(1), std::to_string(index))}));
      bool is_synced = false;
      if (random() % 4 == 0) engine.SubmitBatch(batch);
      else is_synced = engine.SubmitInPlace(batch);
      if (is_synced) in_place++;
      else if (random() % 2 == 0) CHECK(engine.WaitSynced());
    }
    CHECK(engine.WaitSynced());
    CHECK(in_place > kEntries / 10 && in_place < kEntries);
    engine.engine().SubmitApply(kGroup, kEntries);
    CHECK(engine.WaitApplied(kEntries));
    engine.engine().Flush();
    CHECK(engine.WaitPersisted(kEntries));
    CHECK(!engine.SubmitInPlace(SampleBatch().Compact(kGroup, kEntries - 5, 1)));
    // While the log thread deletes these entries others may write, or are queued.
    for (uint64_t at = 0; at < 50; at++) engine.SubmitInPlace(SampleBatch().HardState(kGroup, 1, at, kEntries));
    CHECK(engine.WaitSynced());
  }
  SampleEngine engine(SmallOptions(directory.path()));
  const LogBounds bounds = engine.engine().groups().log_bounds(kGroup);
  CHECK(bounds.truncated.index == kEntries - 5 && bounds.last_index == kEntries);
  HardState state;
  CHECK(engine.engine().log_store().ReadHardState(kGroup, &state).ok() && state.vote == 49);
  CHECK(engine.Read(Key(1)) == std::to_string(kEntries));
}

TEST(ACutSuffixIsReplaced) {
  TemporaryDirectory directory;
  for (const uint64_t length : {uint64_t{20}, uint64_t{600}}) {
    SampleEngine engine(SmallOptions(directory.path()));
    const uint64_t first = engine.next_index();
    for (uint64_t at = 0; at < length; at++) engine.Submit({Put(Key(at), "old")});
    engine.SubmitBatch(SampleBatch().CutSuffix(kGroup, first + 5).Append(kGroup, first + 5, 9, ""));
    CHECK(engine.WaitSynced());
    CHECK(engine.engine().groups().log_bounds(kGroup).last_index == first + 5);
    std::vector<HeldEntry> entries;
    CHECK(engine.engine().log_store().ReadEntries(kGroup, first, first + 6, size_t{1} << 20, &entries).ok());
    CHECK(entries.size() == 6 && entries[5].term == 9 && entries[5].payload.empty());
    CHECK(!engine.engine().log_store().ReadEntries(kGroup, first + 6, first + 7, 1, &entries).ok());
    engine.engine().SubmitApply(kGroup, first + 5);
    CHECK(engine.WaitApplied(first + 5));
  }
}

TEST(ACorruptPayloadFailsTheEngine) {
  TemporaryDirectory directory;
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.Write({Put(Key(1), "v")}));
  const uint64_t index = engine.SubmitPayload("nonsense");
  CHECK(engine.WaitSynced());
  engine.engine().SubmitApply(kGroup, index);
  CHECK(!engine.WaitApplied(index));
  CHECK(engine.engine().events().failure().code() == "CORRUPT_PAYLOAD");
  CHECK(engine.engine().groups().applied(kGroup).index == index - 1);
  engine.Submit({Put(Key(2), "v")});
  CHECK(!engine.WaitSynced());
}

TEST(ABrokenInvariantEndsTheProcess) {
  TemporaryDirectory directory;
  const auto dies = [&](const std::function<void(SampleEngine&)>& misuse) {
    return RunInChild([&] {
             SampleEngine engine(SmallOptions(directory.path()));
             misuse(engine);
           }) == 1000 + SIGABRT;
  };
  CHECK(dies([](SampleEngine& engine) { engine.SubmitBatch(SampleBatch().Append(kGroup, 2, 1, "")); }));
  CHECK(dies([](SampleEngine& engine) { engine.engine().SubmitApply(kGroup, 1); }));
  CHECK(dies([](SampleEngine& engine) { engine.SubmitBatch(SampleBatch().Compact(kGroup, 1, 1)); }));
  CHECK(dies([](SampleEngine& engine) {
    // Much to apply, and a cut of its end before that can have been reached.
    for (int at = 0; at < 200; at++) engine.Submit({Put(Key(at), std::string(10000, 'v'))});
    if (!engine.WaitSynced()) return;
    const uint64_t last = engine.next_index() - 1;
    engine.engine().SubmitApply(kGroup, last);
    engine.SubmitBatch(SampleBatch().CutSuffix(kGroup, last));
  }));
  CHECK(dies([](SampleEngine& engine) {
    engine.SubmitBatch(SampleBatch().Append(kGroup, 1, 5, "").Append(kGroup, 2, 4, ""));
  }));
}

TEST(DirectoriesOfOthersAreRefused) {
  TemporaryDirectory directory;
  const auto code = [&](const EngineOptions& options) {
    std::unique_ptr<Engine> engine;
    const Outcome outcome = Engine::Open(options, &engine);
    if (engine) engine->Close();
    return outcome.code();
  };
  const std::string path = directory.path() + "/deep/er";
  EngineOptions other = SmallOptions(path);
  other.node_id = 4;
  {
    SampleEngine engine(SmallOptions(path));
    CHECK(code(SmallOptions(path)) == "DIR_IN_USE");
  }
  CHECK(code(other) == "DIR_NODE_ID" && code(SmallOptions(path)).empty());
  {
    SampleEngine engine(SmallOptions(path));
    CHECK(engine.engine().metadata().Write({{"format-version", std::string("\0\0\0\x02", 4)}}).ok());
  }
  CHECK(code(SmallOptions(path)) == "DIR_FORMAT");
  CHECK(code(SmallOptions("/proc/basalt")) == "DIR_NOT_WRITABLE");
}

TEST(DamagedFilesAreRefused) {
  TemporaryDirectory directory;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 10; at++) CHECK(engine.Write({Put(Key(at), "v")}));
    engine.engine().Flush();
    CHECK(engine.WaitPersisted(10));
    engine.SubmitBatch(SampleBatch().Compact(kGroup, 5, 1));
    CHECK(engine.WaitSynced());
  }
  RemoveAll(directory.path() + "/data");
  std::unique_ptr<Engine> engine;
  CHECK(Engine::Open(SmallOptions(directory.path()), &engine).code() == "STORAGE_CORRUPT");
}

TEST(DataWhoseLogIsGoneIsRefusedAndLeftAlone) {
  TemporaryDirectory directory;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 50; at++) CHECK(engine.Write({Put(Key(at), "v")}));
  }
  RemoveAll(directory.path() + "/log");
  for (int attempt = 0; attempt < 2; attempt++) {
    std::unique_ptr<Engine> engine;
    const Outcome outcome = Engine::Open(SmallOptions(directory.path()), &engine);
    CHECK(outcome.code() == "STORAGE_CORRUPT" && outcome.message().find("log/ is empty") != std::string::npos);
  }
}

TEST(AGroupThatOnlyTheDataKnowsShowsWhatWasApplied) {
  TemporaryDirectory directory, other;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 50; at++) CHECK(engine.Write({Put(Key(at), "v")}));
  }
  { SampleEngine engine(SmallOptions(other.path())); }
  RemoveAll(directory.path() + "/log");
  const std::string copy = "cp -r '" + other.path() + "/log' '" + directory.path() + "/log'";
  CHECK(std::system(copy.c_str()) == 0);
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.engine().groups().groups() == std::vector<uint32_t>{kGroup});
  CHECK(engine.engine().groups().applied(kGroup).index == 50);
  CHECK(engine.engine().groups().log_bounds(kGroup).last_index == 0);
}

TEST(DirectoriesOfALaterFormatAreRefused) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/log";
  CHECK(RunInChild([&] {
          Instances instances;
          CHECK(std::system(("mkdir -p '" + path + "'").c_str()) == 0);
          CHECK(instances.OpenLog(SmallOptions(directory.path()), path, [](const std::string&) {}).ok());
          rocksdb::ColumnFamilyHandle* family = nullptr;
          CHECK(instances.log()->CreateColumnFamily(rocksdb::ColumnFamilyOptions(), "later", &family).ok());
          CHECK(instances.log()->DestroyColumnFamilyHandle(family).ok());
          instances.Close();
        }) == 0);
  std::unique_ptr<Engine> engine;
  const Outcome outcome = Engine::Open(SmallOptions(directory.path()), &engine);
  CHECK(outcome.code() == "DIR_FORMAT" && outcome.message().find("later") != std::string::npos);
}

TEST(BothInstancesHaveThreadsOfTheirOwn) {
  TemporaryDirectory directory;
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(rocksdb::Env::Default()->GetBackgroundThreads(rocksdb::Env::LOW) >= 4);
  CHECK(rocksdb::Env::Default()->GetBackgroundThreads(rocksdb::Env::HIGH) >= 2);
}

TEST(ALargeSubmissionLiesInManyBlocks) {
  SampleBatch batch;
  for (uint64_t index = 1; index <= 40; index++) batch.Append(kGroup, index, 1, std::string(100 << 10, 'p'));
  batch.Append(kGroup, 41, 1, std::string(3 << 20, 'q'));
  batch.HardState(kGroup, 1, 1, 0);
  const LogWork work = batch.Work();
  std::map<const char*, size_t> bytes;
  for (const LogChange& change : work.changes) {
    if (change.length > 0) bytes[change.block.get()] += change.length;
  }
  CHECK(bytes.size() == 5);
  for (const auto& each : bytes) CHECK(each.second <= size_t{1} << 20 || each.second == (3 << 20) + 14);
}

TEST(ManyGroupsAndLongReplaysStayApart) {
  std::mt19937_64 random(Seed("groups"));
  TemporaryDirectory directory;
  constexpr uint32_t kGroups = 5;
  constexpr uint64_t kEntries = 60;
  {
    std::unique_ptr<Engine> engine;
    CHECK(Engine::Open(SmallOptions(directory.path()), &engine).ok());
    for (uint64_t index = 1; index <= kEntries; index++) {
      SampleBatch batch;
      for (uint32_t group = 0; group < kGroups; group++) {
        const std::string value = std::to_string(group) + RandomBytes(&random, 30000);
        batch.Append(group, index, 1, SamplePayload({1, index, 0, 0}, {Put(Key(index), value)}));
      }
      engine->SubmitLog(batch.Work());
    }
    engine->Close();
  }
  std::unique_ptr<Engine> engine;
  CHECK(Engine::Open(SmallOptions(directory.path()), &engine).ok());
  CHECK(engine->groups().groups().size() == kGroups);
  for (uint32_t group = 0; group < kGroups; group++) engine->SubmitApply(group, kEntries - group);
  engine->Close();
  CHECK(Engine::Open(SmallOptions(directory.path()), &engine).ok());
  for (uint32_t group = 0; group < kGroups; group++) {
    CHECK(engine->groups().applied(group).index == kEntries - group);
    rocksdb::PinnableSlice value;
    CHECK(engine->reader().Get(GroupPrefix(group) + Key(kEntries - group), Tier::kAnywhere, &value) ==
          ReadResult::kFound);
    CHECK(value.ToString()[0] == static_cast<char>('0' + group));
    value.Reset();
    CHECK(engine->reader().Get(GroupPrefix(group) + Key(kEntries - group + 1), Tier::kAnywhere, &value) ==
          ReadResult::kAbsent);
  }
  engine->Close();
}

TEST(WhatWasAppliedBeforeACloseNeedsNoReplay) {
  TemporaryDirectory directory;
  uint64_t last = 0;
  {
    SampleEngine engine(SmallOptions(directory.path()));
    for (uint64_t at = 0; at < 20; at++) last = engine.Submit({Put(Key(at), "v")});
    CHECK(engine.WaitSynced());
    engine.engine().SubmitApply(kGroup, last);
  }
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.engine().groups().applied(kGroup).index == last);
}

TEST(TheFirstHeadersOfEachSlotAreSampled) {
  TemporaryDirectory directory;
  SampleEngine engine(SmallOptions(directory.path()));
  const auto header = [](uint32_t slot, uint32_t hash) {
    std::string key("\x10\0\0\0\x05", 5);
    key += {static_cast<char>(slot >> 8), static_cast<char>(slot)};
    AppendU32(&key, hash);
    return Put(key + "k", "v");
  };
  std::vector<SampleOperation> operations;
  // More slots than one part has, and one with many rows; too short for headers are the last two.
  for (uint32_t slot = 0; slot < 6000; slot += 2) operations.push_back(header(slot, slot));
  for (uint32_t hash = 1; hash <= 50; hash++) operations.push_back(header(100, 100 + hash));
  operations.push_back(Put(std::string("\x10\0\0\0\x05\0", 6), "v"));
  operations.push_back(Put(std::string("\x10\0\0\0\x05\0\x65\0", 8), "v"));
  CHECK(engine.Write(operations));
  const std::atomic<bool> stop{false};
  SlotSampleRequest request;
  request.group = kGroup;
  request.database = 5;
  request.to_slot = 6000;
  request.max_rows = 16;
  SlotSamples samples;
  int parts = 0;
  for (; !samples.done; parts++) CHECK(SampleSlots(engine.engine().instances(), request, stop, &samples).ok());
  CHECK(parts == 2 && samples.slots.size() == 3000);
  for (const SlotSample& sample : samples.slots) {
    CHECK(sample.rows == (sample.slot == 100 ? 16u : 1u));
    CHECK(sample.last_hash == (sample.slot == 100 ? 115 : sample.slot));
  }
  request.to_slot = 101;
  samples = SlotSamples();
  samples.next_slot = 99;
  CHECK(SampleSlots(engine.engine().instances(), request, stop, &samples).ok() && samples.done);
  CHECK(samples.slots.size() == 1 && samples.slots[0].slot == 100);
}
