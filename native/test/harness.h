// A test runner small enough to read at once: TEST registers a function, CHECK ends the program with the place and the
// text of what did not hold. Programs take names (or parts of names) of tests as arguments and run all without any. Each
// test runs in a process of its own. RocksDB's background threads do not survive a fork: a process that has opened an
// instance must not open another one in a child.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace basalt_test {

struct Test {
  const char* name;
  std::function<void()> run;
};

std::vector<Test>& AllTests();

struct Registration {
  Registration(const char* name, std::function<void()> run) { AllTests().push_back(Test{name, std::move(run)}); }
};

[[noreturn]] void CheckFailed(const char* what, const char* file, int line);

/** A directory of its own under the system's folder for temporary files, removed at the end. */
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/** BASALT_SEED if set, else drawn; printed, so that a failure can be replayed. */
uint64_t Seed(const char* what);
/** BASALT_ROUNDS if set, else the given number. */
uint64_t Rounds(uint64_t otherwise);

std::string RandomBytes(std::mt19937_64* random, size_t max_length);
std::string FromHex(const std::string& hex);

/** Runs `child` in a process of its own and returns its exit status, or 1000 + the signal that ended it. */
int RunInChild(const std::function<void()>& child);

}  // namespace basalt_test

#define TEST(name)                                                                  \
  static void name();                                                               \
  static const ::basalt_test::Registration registration_of_##name(#name, name); \
  static void name()

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::basalt_test::CheckFailed(#condition, __FILE__, __LINE__))
