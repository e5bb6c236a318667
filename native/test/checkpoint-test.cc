// Checkpoints: a copy opens as a directory of its own and holds what was applied when it was made; old ones go, unfinished
// ones too; a failure leaves the engine as it was.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "harness.h"
#include "sample-engine.h"

using namespace basalt;
using namespace basalt_test;

namespace {

std::string Key(uint64_t number) { return "\x10key" + std::to_string(number); }

std::vector<std::string> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  DIR* directory = opendir(path.c_str());
  if (!directory) return names;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST(ACheckpointOpensAsADirectoryOfItsOwn) {
  TemporaryDirectory directory;
  const std::string copies = directory.path() + "/checkpoints";
  SampleEngine engine(SmallOptions(directory.path()));
  for (uint64_t at = 0; at < 100; at++) CHECK(engine.Write({Put(Key(at), std::to_string(at))}));
  CHECK(engine.engine().Checkpoint("first", 2).ok());
  CHECK(engine.Write({Put(Key(0), "later"), Put(Key(200), "new")}));
  // Synced and not applied: in the copy's log, and applied where it is opened and told to.
  engine.Submit({Put(Key(300), "logged")});
  CHECK(engine.WaitSynced());
  CHECK(engine.engine().Checkpoint("second", 2).ok());
  {
    SampleEngine copy(SmallOptions(copies + "/first"));
    CHECK(copy.engine().groups().applied(kGroup).index == 100 && copy.next_index() == 101);
    CHECK(copy.Read(Key(0)) == "0" && copy.Read(Key(99)) == "99" && copy.Read(Key(200)).empty());
    CHECK(copy.engine().metadata().incarnation() == engine.engine().metadata().incarnation());
    CHECK(copy.Write({Put(Key(0), "of the copy")}));
  }
  {
    SampleEngine copy(SmallOptions(copies + "/second"));
    CHECK(copy.engine().groups().applied(kGroup).index == 101 && copy.next_index() == 103);
    CHECK(copy.Read(Key(0)) == "later" && copy.Read(Key(300)).empty());
    copy.engine().SubmitApply(kGroup, 102);
    CHECK(copy.WaitApplied(102));
    CHECK(copy.Read(Key(300)) == "logged");
  }
  CHECK(engine.Read(Key(0)) == "later");
}

TEST(OldAndUnfinishedCheckpointsGo) {
  TemporaryDirectory directory;
  const std::string copies = directory.path() + "/checkpoints";
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.Write({Put(Key(1), "one")}));
  CHECK(engine.engine().Checkpoint("a", 2).ok());
  CHECK(mkdir((copies + "/b.unfinished").c_str(), 0777) == 0 && mkdir((copies + "/b.unfinished/log").c_str(), 0777) == 0);
  CHECK(engine.engine().Checkpoint("b", 2).ok());
  CHECK(engine.engine().Checkpoint("c", 2).ok());
  CHECK(NamesIn(copies) == (std::vector<std::string>{"b", "c"}));
  CHECK(engine.engine().Checkpoint("d", 1).ok());
  CHECK(NamesIn(copies) == (std::vector<std::string>{"d"}));
  CHECK(NamesIn(copies + "/d") == (std::vector<std::string>{"data", "log"}));
}

TEST(ACheckpointThatFailsLeavesTheEngineAsItWas) {
  TemporaryDirectory directory;
  const std::string copies = directory.path() + "/checkpoints";
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.Write({Put(Key(1), "one")}));
  const int file = open(copies.c_str(), O_CREAT | O_WRONLY, 0666);
  CHECK(file >= 0 && close(file) == 0);
  const Outcome outcome = engine.engine().Checkpoint("a", 2);
  CHECK(outcome.code() == "CHECKPOINT_FAILED");
  CHECK(!engine.engine().events().failed() && engine.Write({Put(Key(1), "two")}));
  CHECK(unlink(copies.c_str()) == 0);
  CHECK(engine.engine().Checkpoint("a", 2).ok());
  // A name that is taken is a failure too, and the one that has it stays.
  CHECK(!engine.engine().Checkpoint("a", 2).ok());
  CHECK(NamesIn(copies) == (std::vector<std::string>{"a"}));
}
