// States an invariant of ours that stays checked in production: when it is broken the process ends at once with one
// sentence, since nothing that follows could be trusted (DESIGN §2.8). Safe on every thread.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace basalt {

[[noreturn]] inline void InvariantBroken(const char* message, const char* file, int line) {
  std::fprintf(stderr, "basalt: internal invariant broken: %s (%s:%d)\n", message, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace basalt

#define BASALT_ASSERT(condition, message) \
  ((condition) ? static_cast<void>(0) : ::basalt::InvariantBroken(message, __FILE__, __LINE__))
