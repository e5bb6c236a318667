// Reads of an EngineObject: synchronous ones answer through the shared result buffer, loads through LoadResults.
#include "arguments.h"
#include "assertion.h"
#include "engine-object.h"
#include "row-format.h"

namespace basalt {
namespace {

/** What a synchronous read answers when the loaders have to be asked. */
constexpr double kNotInMemoryAnswer = -2;

Tier TierOf(napi_env env, napi_value value) { return ToU32(env, value) == 0 ? Tier::kMemory : Tier::kAnywhere; }

}  // namespace

Slice EngineObject::Scratch(size_t offset, size_t length) const {
  BASALT_ASSERT(offset + length <= scratch_bytes_, "keys lie within the scratch buffer");
  return Slice(scratch_ + offset, length);
}

/** The length of what stands in the result buffer, or a Buffer of its own for what is longer. */
Napi::Value EngineObject::FromPage(const Page& page) {
  const size_t length = page.packed_bytes();
  if (length <= result_bytes_) {
    page.PackTo(result_);
    return Value(Env(), FromDouble(Env(), static_cast<double>(length)));
  }
  void* data = nullptr;
  napi_value buffer = nullptr;
  BASALT_ASSERT(napi_create_buffer(Env(), length, &data, &buffer) == napi_ok, "a buffer can be made");
  page.PackTo(static_cast<char*>(data));
  return Value(Env(), buffer);
}

/**
 * getter(): a function get(group, key, tier) → the value as a string of bytes, null, or −2. The one call that is made per
 * read command goes around the wrapper: no unwrapping, the key read and the value made in one crossing. The function
 * keeps this object alive.
 */
Napi::Value EngineObject::Getter(const Info& info) {
  napi_value getter = nullptr;
  const napi_status made = napi_create_function(info.Env(), "get", NAPI_AUTO_LENGTH, CallGet, this, &getter);
  BASALT_ASSERT(made == napi_ok, "a function can be made");
  napi_set_named_property(info.Env(), getter, "engine", info.This());
  return Value(info.Env(), getter);
}

napi_value EngineObject::CallGet(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  void* object = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &object);
  return static_cast<EngineObject*>(object)->Get(env, arguments);
}

napi_value EngineObject::Get(napi_env env, const napi_value* arguments) {
  uint32_t group = 0, tier = 0;
  size_t key_bytes = 0;
  napi_get_value_uint32(env, arguments[0], &group);
  napi_get_value_uint32(env, arguments[2], &tier);
  const size_t room = scratch_bytes_ - kGroupBytes;
  const napi_status read =
      napi_get_value_string_latin1(env, arguments[1], scratch_ + kGroupBytes, room, &key_bytes);
  BASALT_ASSERT(read == napi_ok && key_bytes > 0 && key_bytes + 1 < room, "a key is a string that fits its buffer");
  PutU32(scratch_, group);
  napi_value answer = nullptr;
  rocksdb::PinnableSlice value;
  switch (engine_->reader().Get(Slice(scratch_, kGroupBytes + key_bytes),
                                tier == 0 ? Tier::kMemory : Tier::kAnywhere, &value)) {
    case ReadResult::kFound:
      napi_create_string_latin1(env, value.data(), value.size(), &answer);
      return answer;
    case ReadResult::kAbsent:
      napi_get_null(env, &answer);
      return answer;
    case ReadResult::kNotInMemory:
      return FromDouble(env, kNotInMemoryAnswer);
    case ReadResult::kFailed:
      break;
  }
  return Throw(env, engine_->events().failure());
}

/** multiGet(group, keys, count, tier): a page of values without keys. */
Napi::Value EngineObject::MultiGet(const Info& info) {
  const napi_env env = info.Env();
  Page page;
  const std::vector<Slice> keys = UnpackKeys(ToBytes(env, info[1]), ToU32(env, info[2]));
  if (!engine_->reader().MultiGet(ToU32(env, info[0]), keys, TierOf(env, info[3]), &page)) {
    return Value(env, Throw(env, engine_->events().failure()));
  }
  return FromPage(page);
}

/** …, group, lowerBytes, upperBytes, maxRows, maxBytes, reverse, valuePrefixBytes (−1: all), snapshot (0: none). */
ScanRequest EngineObject::ScanRequestOf(const Info& info, size_t first) {
  const napi_env env = info.Env();
  ScanRequest request;
  request.group = ToU32(env, info[first]);
  const size_t lower_bytes = ToU32(env, info[first + 1]);
  request.lower = Scratch(0, lower_bytes).ToString();
  request.upper = Scratch(lower_bytes, ToU32(env, info[first + 2])).ToString();
  request.max_rows = ToU64(env, info[first + 3]);
  request.max_bytes = ToU64(env, info[first + 4]);
  request.reverse = ToU32(env, info[first + 5]) != 0;
  const double prefix = ToDouble(env, info[first + 6]);
  if (prefix >= 0) request.value_prefix_bytes = static_cast<uint64_t>(prefix);
  const uint64_t snapshot = ToU64(env, info[first + 7]);
  request.snapshot = engine_->snapshots().Find(snapshot);
  BASALT_ASSERT(snapshot == 0 || request.snapshot, "a scan names a pinned snapshot");
  return request;
}

/** scan(tier, …ScanRequest) */
Napi::Value EngineObject::Scan(const Info& info) {
  const napi_env env = info.Env();
  Page page;
  switch (engine_->reader().Scan(ScanRequestOf(info, 1), TierOf(env, info[0]), &page)) {
    case ReadResult::kNotInMemory:
      return Value(env, FromDouble(env, kNotInMemoryAnswer));
    case ReadResult::kFailed:
      return Value(env, Throw(env, engine_->events().failure()));
    default:
      return FromPage(page);
  }
}

Napi::Value EngineObject::PinSnapshot(const Info& info) {
  return Value(info.Env(), FromDouble(info.Env(), static_cast<double>(engine_->snapshots().Pin())));
}

Napi::Value EngineObject::ReleaseSnapshot(const Info& info) {
  const bool released = engine_->snapshots().Release(ToU64(info.Env(), info[0]));
  BASALT_ASSERT(released, "a snapshot is released once");
  return info.Env().Undefined();
}

/** loadMany(load, group, keys, count) */
Napi::Value EngineObject::LoadMany(const Info& info) {
  const napi_env env = info.Env();
  const uint64_t load = ToU64(env, info[0]);
  const uint32_t group = ToU32(env, info[1]);
  const size_t count = ToU32(env, info[3]);
  engine_->SubmitLoad([this, load, group, count, packed = ToBytes(env, info[2]).ToString()] {
    Page page;
    if (!engine_->reader().MultiGet(group, UnpackKeys(packed, count), Tier::kAnywhere, &page)) return;
    load_results_.Put(load, PackPage(page));
    engine_->events().Loaded(load);
  });
  return info.Env().Undefined();
}

/** loadScan(load, …ScanRequest) */
Napi::Value EngineObject::LoadScan(const Info& info) {
  const uint64_t load = ToU64(info.Env(), info[0]);
  engine_->SubmitLoad([this, load, request = ScanRequestOf(info, 1)] {
    Page page;
    if (engine_->reader().Scan(request, Tier::kAnywhere, &page) == ReadResult::kFailed) return;
    load_results_.Put(load, PackPage(page));
    engine_->events().Loaded(load);
  });
  return info.Env().Undefined();
}

/** countHeaders(load, group, lowerBytes, upperBytes, nowMs, snapshot) */
Napi::Value EngineObject::CountHeaders(const Info& info) {
  const napi_env env = info.Env();
  const uint64_t load = ToU64(env, info[0]);
  CountRequest request;
  request.group = ToU32(env, info[1]);
  const size_t lower_bytes = ToU32(env, info[2]);
  request.lower = Scratch(0, lower_bytes).ToString();
  request.upper = Scratch(lower_bytes, ToU32(env, info[3])).ToString();
  request.now_ms = ToU64(env, info[4]);
  const uint64_t snapshot = ToU64(env, info[5]);
  request.snapshot = engine_->snapshots().Find(snapshot);
  BASALT_ASSERT(snapshot == 0 || request.snapshot, "a count names a pinned snapshot");
  engine_->SubmitWalk(load, [this, load, request, count = HeaderCount()](const std::atomic<bool>& stop) mutable {
    if (!request.snapshot) request.snapshot = engine_->snapshots().Take();
    const Outcome outcome = basalt::CountHeaders(engine_->instances(), request, stop, &count);
    if (!outcome.ok()) {
      engine_->events().Fail(outcome);
      return false;
    }
    if (!count.done) return true;
    load_results_.Put(load, PackCount(count.live));
    engine_->events().Loaded(load);
    return false;
  });
  return info.Env().Undefined();
}

/** cancelCount(load): its result, if there is one already, is still to be taken. */
Napi::Value EngineObject::CancelCount(const Info& info) {
  engine_->CancelWalk(ToU64(info.Env(), info[0]));
  return info.Env().Undefined();
}

/** sampleSlots(load, group, database, fromSlot, toSlot, maxRows, snapshot) */
Napi::Value EngineObject::SampleSlots(const Info& info) {
  const napi_env env = info.Env();
  const uint64_t load = ToU64(env, info[0]);
  SlotSampleRequest request;
  request.group = ToU32(env, info[1]);
  request.database = ToU32(env, info[2]);
  SlotSamples samples;
  samples.next_slot = ToU32(env, info[3]);
  request.to_slot = ToU32(env, info[4]);
  request.max_rows = ToU32(env, info[5]);
  const uint64_t snapshot = ToU64(env, info[6]);
  request.snapshot = engine_->snapshots().Find(snapshot);
  BASALT_ASSERT(snapshot == 0 || request.snapshot, "a sample names a pinned snapshot");
  engine_->SubmitWalk(load, [this, load, request, samples](const std::atomic<bool>& stop) mutable {
    if (!request.snapshot) request.snapshot = engine_->snapshots().Take();
    const Outcome outcome = basalt::SampleSlots(engine_->instances(), request, stop, &samples);
    if (!outcome.ok()) {
      engine_->events().Fail(outcome);
      return false;
    }
    if (!samples.done) return true;
    load_results_.Put(load, PackSlotSamples(samples));
    engine_->events().Loaded(load);
    return false;
  });
  return info.Env().Undefined();
}

/** findGarbage(load, group, fromBytes, maxRows, nowMs, databases: Uint32Array) */
Napi::Value EngineObject::FindGarbage(const Info& info) {
  const napi_env env = info.Env();
  const uint64_t load = ToU64(env, info[0]);
  GarbageRequest request;
  request.group = ToU32(env, info[1]);
  request.from = Scratch(0, ToU32(env, info[2])).ToString();
  request.max_rows = ToU64(env, info[3]);
  request.now_ms = ToU64(env, info[4]);
  Napi::Uint32Array databases = info[5].As<Napi::Uint32Array>();
  request.databases.assign(databases.Data(), databases.Data() + databases.ElementLength());
  engine_->SubmitLoad([this, load, request]() mutable {
    request.snapshot = engine_->snapshots().Take();
    Garbage garbage;
    const Outcome outcome = basalt::FindGarbage(engine_->instances(), request, &garbage);
    if (!outcome.ok()) return engine_->events().Fail(outcome);
    load_results_.Put(load, PackGarbage(garbage));
    engine_->events().Loaded(load);
  });
  return info.Env().Undefined();
}

/** takeLoad(load): the packed result as a Buffer. */
Napi::Value EngineObject::TakeLoad(const Info& info) {
  const std::string packed = load_results_.Take(ToU64(info.Env(), info[0]));
  return Value(info.Env(), FromBytes(info.Env(), packed.data(), packed.size()));
}

}  // namespace basalt
