// The entry of the addon. It keeps no state of its own: each environment that loads it gets its own constructor, and
// everything else belongs to the engines and sockets that are opened through it.
#include <malloc.h>
#include <napi.h>

#include "engine-object.h"
#include "sockets-object.h"

namespace {

/**
 * Allocations of this size and more are the system's own and go back to it when they are freed. glibc's default begins there
 * too, but grows with the first large block that is freed; then memtables' blocks lie in heaps, whose holes stay with the
 * process (perf-reports/2026-11-24-memtable.md).
 */
constexpr int kOwnMappingBytes = 256 * 1024;

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes);
#endif
  exports.Set("Engine", basalt::EngineObject::Define(env));
  exports.Set("Sockets", basalt::SocketsObject::Define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(basalt, Initialise)
