// The log, metadata, completions and the life of an EngineObject.
#include "engine-object.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "arguments.h"
#include "assertion.h"
#include "open-engines.h"

namespace basalt {
namespace {

EngineOptions OptionsOf(const Napi::Object& object) {
  EngineOptions options;
  options.directory = object.Get("directory").As<Napi::String>().Utf8Value();
  options.node_id = static_cast<uint64_t>(object.Get("nodeId").As<Napi::Number>().DoubleValue());
  options.sync = object.Get("sync").As<Napi::Boolean>().Value();
  options.cache_bytes = static_cast<size_t>(object.Get("cacheBytes").As<Napi::Number>().DoubleValue());
  options.write_buffer_bytes = static_cast<size_t>(object.Get("writeBufferBytes").As<Napi::Number>().DoubleValue());
  return options;
}

/**
 * Runs on the environment's thread, once for many completions. What a listener throws is an uncaught exception like any
 * other: left pending, Node would only warn of it, and a broken invariant must end the process.
 */
void CallWake(napi_env env, napi_value callback, void*, void*) {
  if (env == nullptr || callback == nullptr) return;
  napi_value undefined = nullptr;
  napi_get_undefined(env, &undefined);
  if (napi_call_function(env, undefined, callback, 0, nullptr, nullptr) != napi_pending_exception) return;
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

}  // namespace

Napi::Function EngineObject::Define(Napi::Env env) {
  return DefineClass(
      env, "Engine",
      {
          InstanceMethod<&EngineObject::Poll>("poll"),
          InstanceMethod<&EngineObject::Failure>("failure"),
          InstanceMethod<&EngineObject::SubmitLog>("submitLog"),
          InstanceMethod<&EngineObject::SubmitLogInPlace>("submitLogInPlace"),
          InstanceMethod<&EngineObject::SubmitApply>("submitApply"),
          InstanceMethod<&EngineObject::Groups>("groups"),
          InstanceMethod<&EngineObject::ReadLogState>("readLogState"),
          InstanceMethod<&EngineObject::ReadEntries>("readEntries"),
          InstanceMethod<&EngineObject::ReadApplied>("readApplied"),
          InstanceMethod<&EngineObject::ReadMetadata>("readMetadata"),
          InstanceMethod<&EngineObject::WriteMetadata>("writeMetadata"),
          InstanceMethod<&EngineObject::Incarnation>("incarnation"),
          InstanceMethod<&EngineObject::Flush>("flush"),
          InstanceMethod<&EngineObject::Checkpoint>("checkpoint"),
          InstanceMethod<&EngineObject::ReleaseMemory>("releaseMemory"),
          InstanceMethod<&EngineObject::Statistics>("statistics"),
          InstanceMethod<&EngineObject::Close>("close"),
          InstanceMethod<&EngineObject::FinishClose>("finishClose"),
          InstanceMethod<&EngineObject::Getter>("getter"),
          InstanceMethod<&EngineObject::MultiGet>("multiGet"),
          InstanceMethod<&EngineObject::Scan>("scan"),
          InstanceMethod<&EngineObject::PinSnapshot>("pinSnapshot"),
          InstanceMethod<&EngineObject::ReleaseSnapshot>("releaseSnapshot"),
          InstanceMethod<&EngineObject::LoadMany>("loadMany"),
          InstanceMethod<&EngineObject::LoadScan>("loadScan"),
          InstanceMethod<&EngineObject::CountHeaders>("countHeaders"),
          InstanceMethod<&EngineObject::CancelCount>("cancelCount"),
          InstanceMethod<&EngineObject::SampleSlots>("sampleSlots"),
          InstanceMethod<&EngineObject::FindGarbage>("findGarbage"),
          InstanceMethod<&EngineObject::TakeLoad>("takeLoad"),
#ifdef BASALT_FAULTS
          InstanceMethod<&EngineObject::CutPower>("cutPower"),
          InstanceMethod<&EngineObject::SetFaults>("setFaults"),
          InstanceMethod<&EngineObject::FileOperations>("fileOperations"),
#endif
      });
}

/** new Engine(options, scratch, result, events, wake): opens the directory, blocking. Throws an error with a code. */
EngineObject::EngineObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineObject>(info) {
  BASALT_ASSERT(info.Length() == 5 && ShareBuffers(info), "an engine is made with its options, buffers and callback");
  EngineOptions options = OptionsOf(info[0].As<Napi::Object>());
#ifdef BASALT_FAULTS
  faults_ = MakeFaults(info[0].As<Napi::Object>(), options.directory);
  options.file_system = faults_;
#endif
  const Outcome outcome = Engine::Open(options, &engine_);
  if (!outcome.ok()) {
    Throw(info.Env(), outcome);
    return;
  }
  BASALT_ASSERT(CreateWake(info[4]), "a thread-safe function can be made");
  engine_->events().SetWake([wake = wake_] { napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking); });
  napi_add_env_cleanup_hook(info.Env(), OnTearDown, this);
  OpenEngines::Add();
  Ref();
}

EngineObject::~EngineObject() {
  BASALT_ASSERT(!engine_, "an engine is closed, or its environment torn down, before its object goes");
}

bool EngineObject::ShareBuffers(const Info& info) {
  if (!info[1].IsTypedArray() || !info[2].IsTypedArray() || !info[3].IsTypedArray()) return false;
  Napi::Uint8Array scratch = info[1].As<Napi::Uint8Array>();
  Napi::Uint8Array result = info[2].As<Napi::Uint8Array>();
  Napi::Float64Array events = info[3].As<Napi::Float64Array>();
  scratch_reference_ = Napi::Persistent(scratch);
  result_reference_ = Napi::Persistent(result);
  events_reference_ = Napi::Persistent(events);
  scratch_ = reinterpret_cast<char*>(scratch.Data());
  scratch_bytes_ = scratch.ElementLength();
  result_ = reinterpret_cast<char*>(result.Data());
  result_bytes_ = result.ElementLength();
  event_slots_ = events.Data();
  max_events_ = events.ElementLength() / 3;
  return true;
}

bool EngineObject::CreateWake(napi_value callback) {
  const napi_env env = Env();
  const Napi::String name = Napi::String::New(env, "basalt storage");
  return napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, nullptr, nullptr, nullptr, CallWake,
                                         &wake_) == napi_ok;
}

Napi::Value EngineObject::Poll(const Info& info) {
  const size_t count = engine_->events().Take(event_slots_, max_events_);
  return Value(info.Env(), FromDouble(info.Env(), static_cast<double>(count)));
}

Napi::Value EngineObject::Failure(const Info& info) {
  const Outcome failure = engine_->events().failure();
  const Napi::Object object = Napi::Object::New(info.Env());
  object.Set("code", failure.code());
  object.Set("message", failure.message());
  return object;
}

/** What submitLog and submitLogInPlace are called with. */
LogWork EngineObject::ToLogWork(const Info& info) {
  const napi_env env = info.Env();
  const Slice control(ToBytes(env, info[0]).data(), ToU32(env, info[1]));
  uint32_t count = 0;
  BASALT_ASSERT(napi_get_array_length(env, info[2], &count) == napi_ok, "payloads are an array");
  std::vector<Slice> payloads(count);
  for (uint32_t at = 0; at < count; at++) {
    napi_value payload = nullptr;
    napi_get_element(env, info[2], at, &payload);
    payloads[at] = ToBytes(env, payload);
  }
  return DecodeLogBatch(control, payloads);
}

/** submitLog(control, length, payloads): ticket */
Napi::Value EngineObject::SubmitLog(const Info& info) {
  const uint64_t ticket = engine_->SubmitLog(ToLogWork(info));
  return Value(info.Env(), FromDouble(info.Env(), static_cast<double>(ticket)));
}

/** submitLogInPlace(control, length, payloads): whether it is synced */
Napi::Value EngineObject::SubmitLogInPlace(const Info& info) {
  return Napi::Boolean::New(info.Env(), engine_->SubmitLogInPlace(ToLogWork(info)));
}

/** submitApply(group, lastIndex) */
Napi::Value EngineObject::SubmitApply(const Info& info) {
  engine_->SubmitApply(ToU32(info.Env(), info[0]), ToU64(info.Env(), info[1]));
  return info.Env().Undefined();
}

Napi::Value EngineObject::Groups(const Info& info) {
  const std::vector<uint32_t> groups = engine_->groups().groups();
  const Napi::Array array = Napi::Array::New(info.Env(), groups.size());
  for (uint32_t at = 0; at < groups.size(); at++) array.Set(at, groups[at]);
  return array;
}

/** readLogState(group): GroupLogState */
Napi::Value EngineObject::ReadLogState(const Info& info) {
  const Napi::Env env = info.Env();
  const uint32_t group = ToU32(env, info[0]);
  HardState hard_state;
  bool has_configuration = false;
  std::string configuration;
  Outcome outcome = engine_->log_store().ReadHardState(group, &hard_state);
  if (outcome.ok()) outcome = engine_->log_store().ReadConfiguration(group, &has_configuration, &configuration);
  if (!outcome.ok()) return Value(env, Throw(env, outcome));
  const LogBounds bounds = engine_->groups().log_bounds(group);
  const Napi::Object state = Napi::Object::New(env);
  const Napi::Object hard = Napi::Object::New(env);
  hard.Set("term", static_cast<double>(hard_state.term));
  hard.Set("vote", static_cast<double>(hard_state.vote));
  hard.Set("commit", static_cast<double>(hard_state.commit));
  state.Set("hardState", hard);
  state.Set("configuration", has_configuration
                                 ? Value(env, FromBytes(env, configuration.data(), configuration.size()))
                                 : env.Undefined());
  state.Set("truncatedIndex", static_cast<double>(bounds.truncated.index));
  state.Set("truncatedTerm", static_cast<double>(bounds.truncated.term));
  state.Set("lastIndex", static_cast<double>(bounds.last_index));
  return state;
}

/**
 * readEntries(group, low, high, maxBytes): a Buffer with u32 count, u32 0, for each entry f64 term, u32 type, u32 length,
 * then the payloads.
 */
Napi::Value EngineObject::ReadEntries(const Info& info) {
  const napi_env env = info.Env();
  std::vector<HeldEntry> entries;
  const Outcome outcome = engine_->ReadEntries(ToU32(env, info[0]), ToU64(env, info[1]), ToU64(env, info[2]),
                                               static_cast<size_t>(ToDouble(env, info[3])), &entries);
  if (!outcome.ok()) return Value(env, Throw(env, outcome));
  std::string head(8 + entries.size() * 16, '\0');
  size_t bytes = head.size();
  const uint32_t count = static_cast<uint32_t>(entries.size());
  std::memcpy(&head[0], &count, 4);
  for (size_t at = 0; at < entries.size(); at++) {
    const double term = static_cast<double>(entries[at].term);
    const uint32_t words[2] = {entries[at].type, static_cast<uint32_t>(entries[at].payload.size())};
    std::memcpy(&head[8 + at * 16], &term, 8);
    std::memcpy(&head[16 + at * 16], words, 8);
    bytes += entries[at].payload.size();
  }
  void* data = nullptr;
  napi_value buffer = nullptr;
  BASALT_ASSERT(napi_create_buffer(env, bytes, &data, &buffer) == napi_ok, "a buffer can be made");
  char* to = static_cast<char*>(data);
  std::memcpy(to, head.data(), head.size());
  to += head.size();
  for (const HeldEntry& entry : entries) {
    if (!entry.payload.empty()) std::memcpy(to, entry.payload.data(), entry.payload.size());
    to += entry.payload.size();
  }
  return Value(env, buffer);
}

/** readApplied(group): AppliedRecord */
Napi::Value EngineObject::ReadApplied(const Info& info) {
  const AppliedRecord record = engine_->groups().applied(ToU32(info.Env(), info[0]));
  const Napi::Object object = Napi::Object::New(info.Env());
  object.Set("index", static_cast<double>(record.index));
  object.Set("term", static_cast<double>(record.term));
  object.Set("hlcMs", static_cast<double>(record.hlc >> 16));
  object.Set("hlcCounter", static_cast<double>(record.hlc & 0xffff));
  return object;
}

/** readMetadata(name): string | undefined */
Napi::Value EngineObject::ReadMetadata(const Info& info) {
  const Napi::Env env = info.Env();
  bool found = false;
  std::string value;
  const Outcome outcome = engine_->metadata().Read(ToByteString(env, info[0]), &found, &value);
  if (!outcome.ok()) return Value(env, Throw(env, outcome));
  return found ? Value(env, FromByteString(env, value)) : env.Undefined();
}

/** writeMetadata(name, value): durable when it returns. */
Napi::Value EngineObject::WriteMetadata(const Info& info) {
  const Napi::Env env = info.Env();
  const Outcome outcome = engine_->metadata().Write({{ToByteString(env, info[0]), ToByteString(env, info[1])}});
  if (outcome.ok()) return env.Undefined();
  engine_->events().Fail(outcome);
  return Value(env, Throw(env, outcome));
}

Napi::Value EngineObject::Incarnation(const Info& info) {
  return Value(info.Env(), FromDouble(info.Env(), static_cast<double>(engine_->metadata().incarnation())));
}

Napi::Value EngineObject::Flush(const Info& info) {
  engine_->Flush();
  return info.Env().Undefined();
}

/** checkpoint(load, name, kept): the load's result is empty, or a failure's code, a line break and its sentence. */
Napi::Value EngineObject::Checkpoint(const Info& info) {
  const napi_env env = info.Env();
  const uint64_t load = ToU64(env, info[0]);
  const size_t kept = ToU32(env, info[2]);
  engine_->SubmitLoad([this, load, kept, name = ToByteString(env, info[1])] {
    const Outcome outcome = engine_->Checkpoint(name, kept);
    load_results_.Put(load, outcome.ok() ? std::string() : outcome.code() + "\n" + outcome.message());
    engine_->events().Loaded(load);
  });
  return info.Env().Undefined();
}

/** releaseMemory(load): what the allocator keeps and nobody uses goes back to the system. */
Napi::Value EngineObject::ReleaseMemory(const Info& info) {
  const uint64_t load = ToU64(info.Env(), info[0]);
  engine_->SubmitLoad([this, load] {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    load_results_.Put(load, std::string());
    engine_->events().Loaded(load);
  });
  return info.Env().Undefined();
}

Napi::Value EngineObject::Statistics(const Info& info) {
  const Napi::Object object = Napi::Object::New(info.Env());
  for (const auto& figure : engine_->Gather()) object.Set(figure.first, figure.second);
  return object;
}

/** close(): begins; the event `closed` tells the end, whereupon finishClose() is called. */
Napi::Value EngineObject::Close(const Info& info) {
  BASALT_ASSERT(!closer_.joinable(), "an engine is closed once");
  closer_ = std::thread([this] {
    engine_->Close();
    engine_->events().Closed();
  });
  return info.Env().Undefined();
}

Napi::Value EngineObject::FinishClose(const Info& info) {
  napi_remove_env_cleanup_hook(info.Env(), OnTearDown, this);
  TearDown();
  Unref();
  return info.Env().Undefined();
}

void EngineObject::TearDown() {
  if (closer_.joinable()) closer_.join();
  if (engine_) {
    engine_->Abandon();
    engine_->events().SetWake(nullptr);
    engine_.reset();
    OpenEngines::Remove();
  }
  if (wake_ != nullptr) napi_release_threadsafe_function(wake_, napi_tsfn_release);
  wake_ = nullptr;
}

void EngineObject::OnTearDown(void* object) { static_cast<EngineObject*>(object)->TearDown(); }

}  // namespace basalt
