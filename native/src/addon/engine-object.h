// The JavaScript face of one open engine: marshals arguments, shares three buffers with src/storage/native-storage.ts
// (scratch for keys going in, result for rows coming out, events for completions) and wakes the event loop through one
// thread-safe function. The shared buffers are referenced for as long as the object lives. All methods run on the
// environment's own thread; the object stays alive until the engine is closed, and an environment that is torn down
// first takes the engine down with it.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <thread>

#include "engine.h"
#include "load-results.h"

#ifdef BASALT_FAULTS
#include "fault-file-system.h"
#endif

namespace basalt {

class EngineObject : public Napi::ObjectWrap<EngineObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit EngineObject(const Napi::CallbackInfo& info);
  ~EngineObject() override;

 private:
  using Value = Napi::Value;
  using Info = Napi::CallbackInfo;

  // The log, metadata, completions (engine-object.cc).
  Value Poll(const Info& info);
  Value Failure(const Info& info);
  static LogWork ToLogWork(const Info& info);
  Value SubmitLog(const Info& info);
  Value SubmitLogInPlace(const Info& info);
  Value SubmitApply(const Info& info);
  Value Groups(const Info& info);
  Value ReadLogState(const Info& info);
  Value ReadEntries(const Info& info);
  Value ReadApplied(const Info& info);
  Value ReadMetadata(const Info& info);
  Value WriteMetadata(const Info& info);
  Value Incarnation(const Info& info);
  Value Flush(const Info& info);
  Value Checkpoint(const Info& info);
  Value ReleaseMemory(const Info& info);
  Value Statistics(const Info& info);
  Value Close(const Info& info);
  Value FinishClose(const Info& info);

  // Reads (engine-object-reads.cc).
  Value Getter(const Info& info);
  static napi_value CallGet(napi_env env, napi_callback_info info);
  napi_value Get(napi_env env, const napi_value* arguments);
  Value MultiGet(const Info& info);
  Value Scan(const Info& info);
  Value PinSnapshot(const Info& info);
  Value ReleaseSnapshot(const Info& info);
  Value LoadMany(const Info& info);
  Value LoadScan(const Info& info);
  Value CountHeaders(const Info& info);
  Value CancelCount(const Info& info);
  Value SampleSlots(const Info& info);
  Value FindGarbage(const Info& info);
  Value TakeLoad(const Info& info);

#ifdef BASALT_FAULTS
  // The fault file system (engine-object-faults.cc).
  Value CutPower(const Info& info);
  Value SetFaults(const Info& info);
  Value FileOperations(const Info& info);
  static std::shared_ptr<FaultFileSystem> MakeFaults(const Napi::Object& options, const std::string& directory);
  std::shared_ptr<FaultFileSystem> faults_;
#endif

  bool ShareBuffers(const Info& info);
  bool CreateWake(napi_value callback);
  void TearDown();
  static void OnTearDown(void* object);

  /** The bytes of `length` that JavaScript wrote at `offset` of the scratch buffer. */
  Slice Scratch(size_t offset, size_t length) const;
  Value FromPage(const Page& page);
  ScanRequest ScanRequestOf(const Info& info, size_t first);

  std::unique_ptr<Engine> engine_;
  LoadResults load_results_;
  std::thread closer_;
  napi_threadsafe_function wake_ = nullptr;

  Napi::Reference<Napi::Uint8Array> scratch_reference_;
  Napi::Reference<Napi::Uint8Array> result_reference_;
  Napi::Reference<Napi::Float64Array> events_reference_;
  char* scratch_ = nullptr;
  size_t scratch_bytes_ = 0;
  char* result_ = nullptr;
  size_t result_bytes_ = 0;
  double* event_slots_ = nullptr;
  size_t max_events_ = 0;
};

}  // namespace basalt
