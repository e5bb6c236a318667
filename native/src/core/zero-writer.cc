#include "zero-writer.h"

#include <pthread.h>

#include <algorithm>

#include "assertion.h"

namespace basalt {
namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

/** Written and synced at once: a sync of the log meanwhile waits for no more than this. */
constexpr size_t kStepBytes = size_t{256} << 10;
/** Zeros are written when fewer than this are left: some tens of milliseconds of the fastest log. */
constexpr uint64_t kWantedBytes = uint64_t{2} << 20;

const char kZeros[kStepBytes] = {};

}  // namespace

ZeroWriter::ZeroWriter() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "basalt-zeros");
}

ZeroWriter::~ZeroWriter() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void ZeroWriter::Begin(const std::string& path, std::unique_ptr<rocksdb::FSRandomRWFile> file) {
  std::lock_guard<std::mutex> lock(mutex_);
  Log& log = logs_[path];
  log.file = std::move(file);
  current_ = &log;
  wake_.notify_one();
}

void ZeroWriter::Claim(const std::string& path, uint64_t bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = logs_.find(path);
  BASALT_ASSERT(found != logs_.end(), "what is appended to has begun and not ended");
  Log& log = found->second;
  written_.wait(lock, [&] { return busy_ != &log || log.bytes + bytes <= log.end; });
  const bool had_enough = !WantsZeros();
  log.bytes += bytes;
  log.end = std::max(log.end, log.bytes);
  if (had_enough && WantsZeros()) wake_.notify_one();
}

bool ZeroWriter::End(const std::string& path, uint64_t* bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = logs_.find(path);
  if (found == logs_.end()) return false;
  const Log& log = found->second;
  if (current_ == &log) current_ = nullptr;
  written_.wait(lock, [&] { return busy_ != &log; });
  *bytes = log.bytes;
  const bool has_zeros = log.end > log.bytes;
  logs_.erase(found);
  return has_zeros;
}

bool ZeroWriter::BytesOf(const std::string& path, uint64_t* bytes) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = logs_.find(path);
  if (found == logs_.end()) return false;
  *bytes = found->second.bytes;
  return true;
}

bool ZeroWriter::WantsZeros() const {
  return current_ != nullptr && current_->file && current_->end - current_->bytes < kWantedBytes;
}

void ZeroWriter::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || WantsZeros(); });
    if (stopping_) return;
    Log* const log = current_;
    const uint64_t begin = log->end;
    busy_ = log;
    lock.unlock();
    const bool written = log->file->Write(begin, Slice(kZeros, kStepBytes), IOOptions(), nullptr).ok() &&
                         log->file->Sync(IOOptions(), nullptr).ok();
    lock.lock();
    busy_ = nullptr;
    // Some of them may be there.
    log->end = begin + kStepBytes;
    if (!written) log->file.reset();
    written_.notify_all();
  }
}

}  // namespace basalt
