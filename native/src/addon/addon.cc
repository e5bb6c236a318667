// The entry of the addon. It keeps no state of its own: each environment that loads it gets its own constructor, and
// everything else belongs to the engines and sockets that are opened through it.
#include <dlfcn.h>
#include <malloc.h>
#include <napi.h>

#include <string>

#include "engine-object.h"
#include "sockets-object.h"

namespace {

/**
 * Allocations of this size and more are the system's own and go back to it when they are freed. glibc's default begins there
 * too, but grows with the first large block that is freed; then memtables' blocks lie in heaps, whose holes stay with the
 * process (perf-reports/2026-11-24-memtable.md).
 */
constexpr int kOwnMappingBytes = 256 * 1024;

/** What allocates for this process: "jemalloc-" and its version where that was preloaded (scripts/node), else "libc". */
std::string Allocator() {
  using Control = int (*)(const char* name, void* value, size_t* bytes, void* new_value, size_t new_bytes);
  const Control control = reinterpret_cast<Control>(dlsym(RTLD_DEFAULT, "mallctl"));
  const char* version = nullptr;
  size_t bytes = sizeof(version);
  if (control == nullptr || control("version", &version, &bytes, nullptr, 0) != 0) return "libc";
  const std::string whole = version;
  return "jemalloc-" + whole.substr(0, whole.find('-'));
}

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes);
#endif
  exports.Set("Engine", basalt::EngineObject::Define(env));
  exports.Set("Sockets", basalt::SocketsObject::Define(env));
  exports.Set("allocator", Allocator());
  return exports;
}

}  // namespace

NODE_API_MODULE(basalt, Initialise)
