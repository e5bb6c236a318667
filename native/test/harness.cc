#include "harness.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace basalt_test {

std::vector<Test>& AllTests() {
  static std::vector<Test> tests;
  return tests;
}

void CheckFailed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "\n%s:%d: CHECK(%s) does not hold\n", file, line, what);
  std::fflush(nullptr);
  std::abort();
}

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern = std::string(base ? base : "/tmp") + "/basalt-native-XXXXXX";
  CHECK(mkdtemp(&pattern[0]) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  const std::string command = "rm -rf '" + path_ + "'";
  if (std::system(command.c_str()) != 0) std::fprintf(stderr, "%s was not removed\n", path_.c_str());
}

uint64_t Seed(const char* what) {
  const char* given = std::getenv("BASALT_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("[%s: BASALT_SEED=%llu] ", what, static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

uint64_t Rounds(uint64_t otherwise) {
  const char* given = std::getenv("BASALT_ROUNDS");
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

std::string RandomBytes(std::mt19937_64* random, size_t max_length) {
  std::string bytes((*random)() % (max_length + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>((*random)());
  return bytes;
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::strtoul(hex.substr(at, 2).c_str(), nullptr, 16)));
  }
  return bytes;
}

int RunInChild(const std::function<void()>& child) {
  std::fflush(nullptr);
  const pid_t process = fork();
  CHECK(process >= 0);
  if (process == 0) {
    child();
    std::fflush(nullptr);
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(process, &status, 0) == process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace basalt_test

int main(int count, char** names) {
  using basalt_test::AllTests;
  size_t ran = 0;
  for (const auto& test : AllTests()) {
    bool chosen = count == 1;
    for (int at = 1; at < count; at++) chosen = chosen || std::strstr(test.name, names[at]) != nullptr;
    if (!chosen) continue;
    std::printf("  %s ", test.name);
    std::fflush(stdout);
    CHECK(basalt_test::RunInChild(test.run) == 0);
    std::printf("ok\n");
    ran++;
  }
  std::printf("%zu tests passed\n", ran);
  return ran > 0 ? 0 : 1;
}
