// The mark beside the log: what was synced and can no longer be read is told from the torn tail of a power loss.
#include "synced-mark.h"

#include <unistd.h>

#include <csignal>
#include <fstream>

#include "fault-file-system.h"
#include "harness.h"
#include "sample-engine.h"

using namespace basalt;
using namespace basalt_test;

namespace {

/** Writes and syncs entries, then dies. */
void WriteAndDie(const std::string& directory, int entries) {
  CHECK(RunInChild([&] {
          SampleEngine engine(SmallOptions(directory));
          for (int at = 0; at < entries; at++) {
            engine.Submit({Put("\x10key", std::string(50, 'v'))});
            CHECK(engine.WaitSynced());
          }
          kill(getpid(), SIGKILL);
        }) == 1000 + SIGKILL);
}

std::string Run(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  CHECK(pipe != nullptr);
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
  CHECK(pclose(pipe) == 0);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

std::string WalOf(const std::string& directory) { return Run("ls '" + directory + "'/log/*.log | tail -1"); }

/** At a place between the file's begin and its last byte that is not zero: a log ends in zeros. */
void FlipByte(const std::string& path, double place) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t end = bytes.find_last_not_of('\0') + 1;
  const auto at = static_cast<std::streamoff>(static_cast<double>(end) * place);
  file.seekg(at);
  const char byte = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 1));
  CHECK(file.good());
}

/** Opens and closes in a process of its own, where `check` looks at how it went. */
void OpenInChild(const EngineOptions& options, const std::function<void(const Outcome&)>& check) {
  CHECK(RunInChild([&] {
          std::unique_ptr<Engine> engine;
          check(Engine::Open(options, &engine));
          if (engine) engine->Close();
        }) == 0);
}

void CheckOpens(const std::string& directory) {
  OpenInChild(SmallOptions(directory), [](const Outcome& outcome) { CHECK(outcome.ok()); });
}

}  // namespace

TEST(AFlippedByteInTheSyncedLogIsRefused) {
  for (const double place : {0.01, 0.5, 0.9}) {
    TemporaryDirectory directory;
    WriteAndDie(directory.path(), 100);
    FlipByte(WalOf(directory.path()), place);
    // As often as it is tried.
    for (int attempt = 0; attempt < 2; attempt++) {
      OpenInChild(SmallOptions(directory.path()), [](const Outcome& outcome) {
        CHECK(outcome.code() == "STORAGE_CORRUPT" && outcome.message().find("synced end") != std::string::npos);
      });
    }
  }
}

TEST(ALogThatIsWholeIsOpenedWithOrWithoutItsMark) {
  TemporaryDirectory directory;
  WriteAndDie(directory.path(), 20);
  CheckOpens(directory.path());
  const std::string mark = directory.path() + "/log/synced";
  CHECK(unlink(mark.c_str()) == 0);
  CheckOpens(directory.path());
  WriteAndDie(directory.path(), 20);
  // Damage to the mark itself takes the protection, not the log.
  FlipByte(mark, 0.5);
  CheckOpens(directory.path());
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.next_index() == 41);
}

TEST(AMarkOnlyRises) {
  TemporaryDirectory directory;
  {
    SyncedMark mark;
    CHECK(mark.Open(directory.path(), 0).ok());
    CHECK(mark.Raise(300).ok() && mark.Raise(200).ok());
  }
  {
    SyncedMark mark;
    CHECK(mark.Open(directory.path(), 299).code() == "STORAGE_CORRUPT");
  }
  SyncedMark mark;
  CHECK(mark.Open(directory.path(), 300).ok());
  std::ifstream file(directory.path() + "/synced", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(bytes == FromHex("01000000000000012c31876792"));
}

TEST(ADiskThatFailsFromTheStartIsAnErrorOfTheOpening) {
  for (const char* where : {"/log/", "/data/"}) {
    for (const FaultKind kind : {FaultKind::kIOError, FaultKind::kReadError}) {
      TemporaryDirectory directory;
      WriteAndDie(directory.path(), 5);
      EngineOptions options = SmallOptions(directory.path());
      options.file_system = std::make_shared<FaultFileSystem>(FaultOptions{directory.path(), 1, 0, kind, where});
      OpenInChild(options, [](const Outcome& outcome) {
        CHECK(outcome.code() == "STORAGE_OPEN_FAILED" || outcome.code() == "STORAGE_FAILED");
      });
    }
  }
}

TEST(WithoutSyncsACleanEndStillSyncsTheLogBeforeTheData) {
  TemporaryDirectory directory;
  CHECK(RunInChild([&] {
          EngineOptions options = SmallOptions(directory.path());
          options.sync = false;
          const auto faults = std::make_shared<FaultFileSystem>(FaultOptions{directory.path(), 5});
          options.file_system = faults;
          {
            SampleEngine engine(options);
            for (int at = 0; at < 50; at++) CHECK(engine.Write({Put("\x10key", std::to_string(at))}));
          }
          faults->CutPower();
        }) == 137);
  SampleEngine engine(SmallOptions(directory.path()));
  CHECK(engine.next_index() == 51 && engine.engine().groups().applied(kGroup).index == 50);
}
