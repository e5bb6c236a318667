// The test build's methods: power loss and disk faults on request. Compiles to nothing in the other build.
#ifdef BASALT_FAULTS

#include "arguments.h"
#include "assertion.h"
#include "engine-object.h"

namespace basalt {
namespace {

uint64_t NumberOr(const Napi::Object& object, const char* name, uint64_t otherwise) {
  const Napi::Value value = object.Get(name);
  return value.IsNumber() ? static_cast<uint64_t>(value.As<Napi::Number>().DoubleValue()) : otherwise;
}

std::string TextOr(const Napi::Object& object, const char* name, const std::string& otherwise) {
  const Napi::Value value = object.Get(name);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : otherwise;
}

FaultKind KindOf(const std::string& name) {
  if (name == "ioError") return FaultKind::kIOError;
  if (name == "noSpace") return FaultKind::kNoSpace;
  if (name == "readOnly") return FaultKind::kReadOnly;
  if (name == "readError") return FaultKind::kReadError;
  BASALT_ASSERT(name == "none", "a fault is of a known kind");
  return FaultKind::kNone;
}

}  // namespace

/** None if the options ask for none: then the real file system is used directly. */
std::shared_ptr<FaultFileSystem> EngineObject::MakeFaults(const Napi::Object& options, const std::string& directory) {
  if (!options.Get("faults").IsObject()) return nullptr;
  const Napi::Object faults = options.Get("faults").As<Napi::Object>();
  FaultOptions parsed;
  parsed.directory = directory;
  parsed.seed = NumberOr(faults, "seed", 1);
  parsed.power_loss_at_operation = NumberOr(faults, "powerLossAtOperation", 0);
  parsed.fault = KindOf(TextOr(faults, "fail", "none"));
  parsed.path_contains = TextOr(faults, "pathContains", "");
  return std::make_shared<FaultFileSystem>(parsed);
}

/** cutPower(): never returns. */
Napi::Value EngineObject::CutPower(const Info&) {
  BASALT_ASSERT(faults_, "the power is cut of an engine that was opened with faults");
  faults_->CutPower();
}

/** setFaults({fail, pathContains, syncDelayMicros}) */
Napi::Value EngineObject::SetFaults(const Info& info) {
  BASALT_ASSERT(faults_, "faults are set on an engine that was opened with them");
  const Napi::Object faults = info[0].As<Napi::Object>();
  faults_->SetFault(KindOf(TextOr(faults, "fail", "none")), TextOr(faults, "pathContains", ""));
  faults_->SetSyncDelay(NumberOr(faults, "syncDelayMicros", 0));
  return info.Env().Undefined();
}

Napi::Value EngineObject::FileOperations(const Info& info) {
  BASALT_ASSERT(faults_, "operations are counted of an engine that was opened with faults");
  return Napi::Number::New(info.Env(), static_cast<double>(faults_->operations()));
}

}  // namespace basalt

#endif  // BASALT_FAULTS
