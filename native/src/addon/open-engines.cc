#include "open-engines.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>

#include "assertion.h"

namespace basalt {
namespace {

std::atomic<int> open_engines{0};

void EndAtOnce(int status, void*) {
  if (open_engines.load() > 0) _exit(status);
}

}  // namespace

void OpenEngines::Add() {
  open_engines++;
  BASALT_ASSERT(on_exit(EndAtOnce, nullptr) == 0, "an exit handler can be registered");
}

void OpenEngines::Remove() { open_engines--; }

}  // namespace basalt
