// The entry of the addon. It keeps no state of its own: each environment that loads it gets its own constructor, and
// everything else belongs to the engines and sockets that are opened through it.
#include <napi.h>

#include "engine-object.h"
#include "sockets-object.h"

namespace {

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("Engine", basalt::EngineObject::Define(env));
  exports.Set("Sockets", basalt::SocketsObject::Define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(basalt, Initialise)
