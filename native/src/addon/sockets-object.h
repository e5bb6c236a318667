// The JavaScript face of one SocketSet: watches it on Node's event loop, hands each harvest over in one call of `deliver`
// (the slabs in Buffers, of which no byte is written twice; the events in a shared array) and takes the replies
// of a turn in one call (the bytes in a shared buffer, which connection gets which in a shared array). All of it runs on
// the environment's own thread. The object stays alive, and keeps the process alive, until `close`; an environment
// that is torn down first closes it.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "socket-set.h"
#include "uv-poll.h"

namespace basalt {

class SocketsObject : public Napi::ObjectWrap<SocketsObject>, private SlabSink {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit SocketsObject(const Napi::CallbackInfo& info);

 private:
  using Value = Napi::Value;
  using Info = Napi::CallbackInfo;

  Value Listen(const Info& info);
  Value StopListening(const Info& info);
  Value ResumeAccepting(const Info& info);
  Value Batches(const Info& info);
  Value Addresses(const Info& info);
  Value Flush(const Info& info);
  Value Send(const Info& info);
  Value QueuedBytes(const Info& info);
  Value Pause(const Info& info);
  Value Resume(const Info& info);
  Value End(const Info& info);
  Value Release(const Info& info);
  Value Close(const Info& info);

  size_t TakeSlab(const char* bytes, size_t length) override;
  void Deliver();
  void BeginClose();
  static void OnTearDown(napi_async_cleanup_hook_handle handle, void* object);

  std::unique_ptr<SocketSet> set_;
  UvPoll* poll_ = nullptr;
  bool closing_ = false;
  napi_async_context async_context_ = nullptr;
  napi_async_cleanup_hook_handle tear_down_ = nullptr;
  /** What `deliver` is called with: the number of events, then the slabs. Filled and used within one harvest. */
  std::vector<napi_value> arguments_;
  /** The Buffer that small slabs share, one behind another until it is full; how far it is. */
  Napi::Reference<Napi::Value> shared_;
  char* shared_bytes_ = nullptr;
  size_t shared_used_ = 0;

  Napi::Reference<Napi::Int32Array> events_reference_;
  Napi::Reference<Napi::Int32Array> writes_reference_;
  Napi::Reference<Napi::Uint8Array> output_reference_;
  Napi::FunctionReference deliver_;
  Napi::ObjectReference resource_;
  SocketEvent* events_ = nullptr;
  int32_t* writes_ = nullptr;
  size_t write_words_ = 0;
  char* output_ = nullptr;
  size_t output_bytes_ = 0;
};

}  // namespace basalt
