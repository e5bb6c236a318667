#include "log-file-system.h"

#include <utility>

namespace basalt {
namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

bool IsWriteAheadLog(const std::string& path) {
  constexpr char kEnding[] = ".log";
  constexpr size_t kLength = sizeof(kEnding) - 1;
  return path.size() > kLength && path.compare(path.size() - kLength, kLength, kEnding) == 0;
}

/** A write-ahead log with zeros behind its end. One thread appends at a time, as RocksDB does. */
class LogFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using Base = rocksdb::FSWritableFileOwnerWrapper;

  LogFile(std::unique_ptr<FSWritableFile>&& target, std::string path, std::shared_ptr<ZeroWriter> zeros)
      : Base(std::move(target)), path_(std::move(path)), zeros_(std::move(zeros)) {}
  ~LogFile() override {
    uint64_t bytes = 0;
    zeros_->End(path_, &bytes);
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    zeros_->Claim(path_, data.size());
    return Base::Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  IODebugContext* debug) override {
    zeros_->Claim(path_, data.size());
    return Base::Append(data, options, info, debug);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("logs are appended to");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("logs are appended to");
  }
  IOStatus Truncate(uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("logs are not cut");
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    uint64_t bytes = 0;
    IOStatus status;
    if (zeros_->End(path_, &bytes)) status = Base::Truncate(bytes, options, debug);
    IOStatus closed = Base::Close(options, debug);
    return status.ok() ? closed : status;
  }

  // The zeros take the place of blocks set aside.
  void SetPreallocationBlockSize(size_t) override {}
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const std::string path_;
  const std::shared_ptr<ZeroWriter> zeros_;
};

}  // namespace

IOStatus LogFileSystem::NewWritableFile(const std::string& path, const FileOptions& options,
                                        std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
  if (!status.ok() || !IsWriteAheadLog(path)) return status;
  std::unique_ptr<rocksdb::FSRandomRWFile> zeros;
  if (!FileSystemWrapper::NewRandomRWFile(path, options, &zeros, debug).ok()) return status;
  zeros_->Begin(path, std::move(zeros));
  file->reset(new LogFile(std::move(*file), path, zeros_));
  return status;
}

IOStatus LogFileSystem::GetFileSize(const std::string& path, const IOOptions& options, uint64_t* bytes,
                                    IODebugContext* debug) {
  if (zeros_->BytesOf(path, bytes)) return IOStatus::OK();
  return FileSystemWrapper::GetFileSize(path, options, bytes, debug);
}

}  // namespace basalt
