#include "sockets-object.h"

#include <string.h>

#include <algorithm>

#include "arguments.h"
#include "assertion.h"

namespace basalt {
namespace {

int32_t ToId(napi_env env, napi_value value) { return static_cast<int32_t>(ToDouble(env, value)); }

/** Words of a write in the shared array: connection, offset, length. */
constexpr size_t kWriteWords = 3;
/** Words of what a flush tells of a connection: its id, and one of these. */
constexpr size_t kResultWords = 2;
constexpr int32_t kResultQueued = 1;
constexpr int32_t kResultGone = -1;
/** A buffer for slabs: small, since whoever keeps a command keeps all of it. */
constexpr size_t kSharedBytes = 32 * 1024;

int32_t ResultOf(SocketSet::SendResult result) {
  if (result == SocketSet::SendResult::kSent) return 0;
  return result == SocketSet::SendResult::kQueued ? kResultQueued : kResultGone;
}

}  // namespace

Napi::Function SocketsObject::Define(Napi::Env env) {
  return DefineClass(env, "Sockets",
                     {
                         InstanceMethod<&SocketsObject::Listen>("listen"),
                         InstanceMethod<&SocketsObject::StopListening>("stopListening"),
                         InstanceMethod<&SocketsObject::ResumeAccepting>("resumeAccepting"),
                         InstanceMethod<&SocketsObject::Batches>("batches"),
                         InstanceMethod<&SocketsObject::Addresses>("addresses"),
                         InstanceMethod<&SocketsObject::Flush>("flush"),
                         InstanceMethod<&SocketsObject::Send>("send"),
                         InstanceMethod<&SocketsObject::QueuedBytes>("queuedBytes"),
                         InstanceMethod<&SocketsObject::Pause>("pause"),
                         InstanceMethod<&SocketsObject::Resume>("resume"),
                         InstanceMethod<&SocketsObject::End>("end"),
                         InstanceMethod<&SocketsObject::Release>("release"),
                         InstanceMethod<&SocketsObject::Close>("close"),
                     });
}

/** new Sockets(events, writes, output, deliver, batches) */
SocketsObject::SocketsObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<SocketsObject>(info), set_(std::make_unique<SocketSet>(info[4].ToBoolean().Value())) {
  BASALT_ASSERT(info.Length() == 5 && info[0].IsTypedArray() && info[1].IsTypedArray() && info[2].IsTypedArray() &&
                    info[3].IsFunction(),
                "sockets are made with their buffers and callback");
  Napi::Int32Array events = info[0].As<Napi::Int32Array>();
  Napi::Int32Array writes = info[1].As<Napi::Int32Array>();
  Napi::Uint8Array output = info[2].As<Napi::Uint8Array>();
  BASALT_ASSERT(events.ElementLength() * sizeof(int32_t) >= SocketSet::kMaxEvents * sizeof(SocketEvent),
                "the events of a harvest have room");
  events_reference_ = Napi::Persistent(events);
  writes_reference_ = Napi::Persistent(writes);
  output_reference_ = Napi::Persistent(output);
  deliver_ = Napi::Persistent(info[3].As<Napi::Function>());
  events_ = reinterpret_cast<SocketEvent*>(events.Data());
  writes_ = writes.Data();
  write_words_ = writes.ElementLength();
  output_ = reinterpret_cast<char*>(output.Data());
  output_bytes_ = output.ElementLength();
}

/** listen(address, port, backlog): the port, or −errno, after which the object is of no use. */
Napi::Value SocketsObject::Listen(const Info& info) {
  const Napi::Env env = info.Env();
  BASALT_ASSERT(poll_ == nullptr && !closing_, "sockets listen once");
  const int error = set_->Listen(ToByteString(env, info[0]), static_cast<uint16_t>(ToU32(env, info[1])),
                                 static_cast<int>(ToU32(env, info[2])));
  if (error != 0) {
    set_.reset();
    closing_ = true;
    return Value(env, FromDouble(env, -error));
  }
  uv_loop_s* loop = nullptr;
  BASALT_ASSERT(napi_get_uv_event_loop(env, &loop) == napi_ok, "an environment has a loop");
  poll_ = UvPoll::Start(loop, set_->epoll_fd(), [this] { Deliver(); });
  BASALT_ASSERT(poll_ != nullptr, "an epoll instance can be watched");
  const Napi::Object resource = Napi::Object::New(env);
  resource_ = Napi::Persistent(resource);
  BASALT_ASSERT(napi_async_init(env, resource, Napi::String::New(env, "basalt sockets"), &async_context_) == napi_ok,
                "an asynchronous context can be made");
  BASALT_ASSERT(napi_add_async_cleanup_hook(env, OnTearDown, this, &tear_down_) == napi_ok,
                "an environment takes a cleanup hook");
  Ref();
  return Value(env, FromDouble(env, set_->port()));
}

/**
 * Runs on the loop, outside of any JavaScript: one call for a harvest. What `deliver` throws is an uncaught exception like
 * any other: a broken invariant must end the process.
 */
void SocketsObject::Deliver() {
  if (closing_) return;
  const napi_env env = Env();
  Napi::HandleScope scope(env);
  arguments_.assign(1, nullptr);
  const size_t count = set_->Harvest(events_, this);
  if (count == 0) return;
  arguments_[0] = FromDouble(env, static_cast<double>(count));
  napi_callback_scope callback_scope = nullptr;
  BASALT_ASSERT(napi_open_callback_scope(env, resource_.Value(), async_context_, &callback_scope) == napi_ok,
                "a callback can be begun");
  napi_value undefined = nullptr;
  napi_get_undefined(env, &undefined);
  if (napi_call_function(env, undefined, deliver_.Value(), arguments_.size(), arguments_.data(), nullptr) ==
      napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_callback_scope(env, callback_scope);
}

size_t SocketsObject::TakeSlab(const char* bytes, size_t length) {
  napi_value buffer = nullptr;
  if (length > kSharedBytes / 2) {
    BASALT_ASSERT(napi_create_buffer_copy(Env(), length, bytes, nullptr, &buffer) == napi_ok, "a buffer can be made");
    arguments_.push_back(buffer);
    return 0;
  }
  if (shared_bytes_ == nullptr || length > kSharedBytes - shared_used_) {
    void* data = nullptr;
    BASALT_ASSERT(napi_create_buffer(Env(), kSharedBytes, &data, &buffer) == napi_ok, "a buffer can be made");
    shared_ = Napi::Persistent(Napi::Value(Env(), buffer));
    shared_bytes_ = static_cast<char*>(data);
    shared_used_ = 0;
  }
  const size_t at = shared_used_;
  memcpy(shared_bytes_ + at, bytes, length);
  shared_used_ += length;
  arguments_.push_back(shared_.Value());
  return at;
}

Napi::Value SocketsObject::StopListening(const Info& info) {
  if (set_) set_->StopListening();
  return info.Env().Undefined();
}

Napi::Value SocketsObject::ResumeAccepting(const Info& info) {
  if (set_) set_->ResumeAccepting();
  return info.Env().Undefined();
}

/** batches(): whether system calls are made together */
Napi::Value SocketsObject::Batches(const Info& info) {
  return Napi::Boolean::New(info.Env(), set_ && set_->batches());
}

/** addresses(id): [remote, local] */
Napi::Value SocketsObject::Addresses(const Info& info) {
  const Napi::Env env = info.Env();
  std::string remote = "?:0";
  std::string local = remote;
  if (set_) set_->Addresses(ToId(env, info[0]), &remote, &local);
  const Napi::Array both = Napi::Array::New(env, 2);
  both.Set(uint32_t{0}, remote);
  both.Set(uint32_t{1}, local);
  return both;
}

/**
 * flush(count): sends what stands in the shared array, each entry (id, offset, length) of the output. Answers for how many
 * of them not all has gone, and leaves (id, 1: queued, −1: gone) for each in the array.
 */
Napi::Value SocketsObject::Flush(const Info& info) {
  const napi_env env = info.Env();
  const size_t count = ToU32(env, info[0]);
  BASALT_ASSERT(count * kWriteWords <= write_words_, "writes are in the array");
  SocketSet::Outgoing sends[SocketSet::kMaxSends];
  SocketSet::SendResult outcomes[SocketSet::kMaxSends];
  size_t results = 0;
  for (size_t from = 0; set_ && from < count; from += SocketSet::kMaxSends) {
    const size_t some = std::min(SocketSet::kMaxSends, count - from);
    for (size_t at = 0; at < some; at++) {
      const int32_t* const words = writes_ + (from + at) * kWriteWords;
      const size_t offset = static_cast<uint32_t>(words[1]);
      const size_t length = static_cast<uint32_t>(words[2]);
      BASALT_ASSERT(offset <= output_bytes_ && length <= output_bytes_ - offset, "output lies in the buffer");
      sends[at] = SocketSet::Outgoing{words[0], output_ + offset, length};
    }
    set_->SendMany(sends, some, outcomes);
    for (size_t at = 0; at < some; at++) {
      const int32_t result = ResultOf(outcomes[at]);
      if (result == 0) continue;
      // Never ahead of what is still to be read.
      writes_[results * kResultWords] = sends[at].id;
      writes_[results * kResultWords + 1] = result;
      results++;
    }
  }
  return Value(env, FromDouble(env, static_cast<double>(results)));
}

/** send(id, bytes, length): 0 when all has gone, 1 when some is queued, −1 when the connection is gone */
Napi::Value SocketsObject::Send(const Info& info) {
  const napi_env env = info.Env();
  const Slice bytes = ToBytes(env, info[1]);
  const size_t length = ToU32(env, info[2]);
  BASALT_ASSERT(length <= bytes.size(), "what is sent is in its buffer");
  const int32_t result = set_ ? ResultOf(set_->Send(ToId(env, info[0]), bytes.data(), length)) : kResultGone;
  return Value(env, FromDouble(env, result));
}

Napi::Value SocketsObject::QueuedBytes(const Info& info) {
  const napi_env env = info.Env();
  return Value(env, FromDouble(env, set_ ? static_cast<double>(set_->QueuedBytes(ToId(env, info[0]))) : 0));
}

Napi::Value SocketsObject::Pause(const Info& info) {
  if (set_) set_->Pause(ToId(info.Env(), info[0]));
  return info.Env().Undefined();
}

Napi::Value SocketsObject::Resume(const Info& info) {
  if (set_) set_->Resume(ToId(info.Env(), info[0]));
  return info.Env().Undefined();
}

Napi::Value SocketsObject::End(const Info& info) {
  if (set_) set_->End(ToId(info.Env(), info[0]));
  return info.Env().Undefined();
}

Napi::Value SocketsObject::Release(const Info& info) {
  if (set_) set_->Release(ToId(info.Env(), info[0]));
  return info.Env().Undefined();
}

/** Closes everything at once; nothing is delivered any more. */
Napi::Value SocketsObject::Close(const Info& info) {
  BeginClose();
  return info.Env().Undefined();
}

void SocketsObject::BeginClose() {
  if (closing_) return;
  closing_ = true;
  // The set goes when libuv has let go of its descriptor.
  poll_->Close([this] {
    const Napi::Env env = Env();
    Napi::HandleScope scope(env);
    set_.reset();
    poll_ = nullptr;
    napi_async_destroy(env, async_context_);
    napi_remove_async_cleanup_hook(tear_down_);
    Unref();
  });
}

void SocketsObject::OnTearDown(napi_async_cleanup_hook_handle, void* object) {
  static_cast<SocketsObject*>(object)->BeginClose();
}

}  // namespace basalt
