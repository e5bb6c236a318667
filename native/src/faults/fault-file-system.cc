#include "fault-file-system.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace basalt {
namespace {

using rocksdb::DirFsyncOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr int kPowerLossStatus = 137;

IOStatus FromErrno(const std::string& path, int error) {
  const std::string what = path + ": " + std::strerror(error);
  return error == ENOENT ? IOStatus::PathNotFound(what) : IOStatus::IOError(what);
}

class FaultWritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using Base = rocksdb::FSWritableFileOwnerWrapper;

  FaultWritableFile(std::unique_ptr<FSWritableFile>&& target, FaultFileSystem* system, std::string path,
                    FileDurabilityHandle file)
      : Base(std::move(target)), system_(system), path_(std::move(path)), file_(std::move(file)) {}

  IOStatus Append(const Slice& data, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Change([&] { return Base::Append(data, options, debug); }, data.size());
  }
  IOStatus Append(const Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  rocksdb::IODebugContext* debug) override {
    return Change([&] { return Base::Append(data, options, info, debug); }, data.size());
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return IOStatus::NotSupported("files are appended to");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const rocksdb::IOOptions&, const rocksdb::DataVerificationInfo&,
                            rocksdb::IODebugContext*) override {
    return IOStatus::NotSupported("files are appended to");
  }
  IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Change(
        [&] {
          IOStatus status = Base::Truncate(size, options, debug);
          if (status.ok()) system_->durability().Truncate(file_, size);
          return status;
        },
        0);
  }
  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return SyncBy([&] { return Base::Sync(options, debug); });
  }
  IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return SyncBy([&] { return Base::Fsync(options, debug); });
  }

 private:
  template <typename Operation>
  IOStatus Change(Operation operation, uint64_t appended_bytes) {
    IOStatus fault = system_->Begin(path_);
    if (!fault.ok()) return fault;
    std::shared_lock<std::shared_mutex> power(system_->power());
    IOStatus status = operation();
    if (status.ok() && appended_bytes > 0) system_->durability().Append(file_, appended_bytes);
    return status;
  }

  template <typename Operation>
  IOStatus SyncBy(Operation operation) {
    system_->DelaySync();
    IOStatus fault = system_->Begin(path_);
    if (!fault.ok()) return fault;
    std::shared_lock<std::shared_mutex> power(system_->power());
    const uint64_t bytes = system_->durability().BeginSync(file_);
    IOStatus status = operation();
    if (status.ok()) system_->durability().Synced(file_, bytes);
    return status;
  }

  FaultFileSystem* const system_;
  const std::string path_;
  const FileDurabilityHandle file_;
};

/** Only for zeros ahead of what is appended to the same file: an overlap is a failure that tests see. */
class FaultZerosFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  using Base = rocksdb::FSRandomRWFileOwnerWrapper;

  FaultZerosFile(std::unique_ptr<rocksdb::FSRandomRWFile>&& target, FaultFileSystem* system, std::string path,
                 FileDurabilityHandle file)
      : Base(std::move(target)), system_(system), path_(std::move(path)), file_(std::move(file)) {}

  IOStatus Write(uint64_t offset, const Slice& data, const rocksdb::IOOptions& options,
                 rocksdb::IODebugContext* debug) override {
    IOStatus fault = system_->Begin(path_);
    if (!fault.ok()) return fault;
    std::shared_lock<std::shared_mutex> power(system_->power());
    const bool is_ahead = system_->durability().WriteZeros(file_, offset, offset + data.size());
    const bool is_zero = data.size() > 0 && data[0] == 0 && std::memcmp(data.data(), data.data() + 1, data.size() - 1) == 0;
    if (!is_ahead || !is_zero) {
      std::fprintf(stderr, "basalt: %s is written at %llu, and not with zeros ahead of it\n", path_.c_str(),
                   static_cast<unsigned long long>(offset));
      std::abort();
    }
    return Base::Write(offset, data, options, debug);
  }
  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    IOStatus fault = system_->Begin(path_);
    std::shared_lock<std::shared_mutex> power(system_->power());
    return fault.ok() ? Base::Sync(options, debug) : fault;
  }

 private:
  FaultFileSystem* const system_;
  const std::string path_;
  const FileDurabilityHandle file_;
};

class FaultSequentialFile : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  using Base = rocksdb::FSSequentialFileOwnerWrapper;

  FaultSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile>&& target, FaultFileSystem* system, std::string path)
      : Base(std::move(target)), system_(system), path_(std::move(path)) {}

  IOStatus Read(size_t length, const rocksdb::IOOptions& options, Slice* result, char* scratch,
                rocksdb::IODebugContext* debug) override {
    std::shared_lock<std::shared_mutex> power(system_->power());
    IOStatus fault = system_->BeginRead(path_);
    return fault.ok() ? Base::Read(length, options, result, scratch, debug) : fault;
  }

 private:
  FaultFileSystem* const system_;
  const std::string path_;
};

class FaultRandomAccessFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  using Base = rocksdb::FSRandomAccessFileOwnerWrapper;

  FaultRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile>&& target, FaultFileSystem* system,
                        std::string path)
      : Base(std::move(target)), system_(system), path_(std::move(path)) {}

  IOStatus Read(uint64_t offset, size_t length, const rocksdb::IOOptions& options, Slice* result, char* scratch,
                rocksdb::IODebugContext* debug) const override {
    std::shared_lock<std::shared_mutex> power(system_->power());
    IOStatus fault = system_->BeginRead(path_);
    return fault.ok() ? Base::Read(offset, length, options, result, scratch, debug) : fault;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const rocksdb::IOOptions& options,
                     rocksdb::IODebugContext* debug) override {
    std::shared_lock<std::shared_mutex> power(system_->power());
    IOStatus fault = system_->BeginRead(path_);
    return fault.ok() ? Base::MultiRead(requests, count, options, debug) : fault;
  }
  IOStatus Prefetch(uint64_t offset, size_t length, const rocksdb::IOOptions& options,
                    rocksdb::IODebugContext* debug) override {
    std::shared_lock<std::shared_mutex> power(system_->power());
    IOStatus fault = system_->BeginRead(path_);
    return fault.ok() ? Base::Prefetch(offset, length, options, debug) : fault;
  }

 private:
  FaultFileSystem* const system_;
  const std::string path_;
};

class FaultDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  using Base = rocksdb::FSDirectoryWrapper;

  FaultDirectory(std::unique_ptr<FSDirectory>&& target, FaultFileSystem* system, std::string path)
      : Base(std::move(target)), system_(system), path_(std::move(path)) {}

  IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return SyncBy([&] { return Base::Fsync(options, debug); });
  }
  // Some file systems sync a directory only when the reason needs it; here each call is one.
  IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
                               const DirFsyncOptions& reason) override {
    return SyncBy([&] { return Base::FsyncWithDirOptions(options, debug, reason); });
  }

 private:
  template <typename Operation>
  IOStatus SyncBy(Operation operation) {
    system_->DelaySync();
    IOStatus fault = system_->Begin(path_);
    if (!fault.ok()) return fault;
    std::shared_lock<std::shared_mutex> power(system_->power());
    const uint64_t changes = system_->durability().BeginDirectorySync();
    IOStatus status = operation();
    if (status.ok()) system_->durability().DirectorySynced(path_, changes);
    return status;
  }

  FaultFileSystem* const system_;
  const std::string path_;
};

}  // namespace

FaultFileSystem::FaultFileSystem(const FaultOptions& options)
    : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()),
      durability_(options.directory + "/unsynced", options.seed),
      power_loss_at_operation_(options.power_loss_at_operation),
      fault_(options.fault),
      fault_path_(options.path_contains) {}

void FaultFileSystem::CutPower() {
  std::unique_lock<std::shared_mutex> power(power_);
  durability_.LosePower();
  _exit(kPowerLossStatus);
}

void FaultFileSystem::SetFault(FaultKind kind, const std::string& path_contains) {
  std::lock_guard<std::mutex> lock(fault_mutex_);
  fault_ = kind;
  fault_path_ = path_contains;
}

IOStatus FaultFileSystem::Begin(const std::string& path) {
  if (operations_.fetch_add(1) + 1 == power_loss_at_operation_) CutPower();
  std::lock_guard<std::mutex> lock(fault_mutex_);
  if (path.find(fault_path_) == std::string::npos) return IOStatus::OK();
  switch (fault_) {
    case FaultKind::kNone:
    case FaultKind::kReadError:
      return IOStatus::OK();
    case FaultKind::kNoSpace:
      return IOStatus::NoSpace("No space left on device (injected): " + path);
    case FaultKind::kReadOnly:
      return IOStatus::IOError("Read-only file system (injected): " + path);
    default:
      return IOStatus::IOError("Input/output error (injected): " + path);
  }
}

IOStatus FaultFileSystem::BeginRead(const std::string& path) {
  std::lock_guard<std::mutex> lock(fault_mutex_);
  const bool fails = fault_ == FaultKind::kReadError && path.find(fault_path_) != std::string::npos;
  return fails ? IOStatus::IOError("Input/output error (injected): " + path) : IOStatus::OK();
}

void FaultFileSystem::DelaySync() const {
  const uint64_t micros = sync_delay_micros_;
  if (micros > 0) std::this_thread::sleep_for(std::chrono::microseconds(micros));
}

IOStatus FaultFileSystem::NewSequentialFile(const std::string& path, const FileOptions& options,
                                            std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  std::unique_ptr<rocksdb::FSSequentialFile> target;
  IOStatus status = FileSystemWrapper::NewSequentialFile(path, options, &target, debug);
  if (status.ok()) file->reset(new FaultSequentialFile(std::move(target), this, path));
  return status;
}

IOStatus FaultFileSystem::NewRandomAccessFile(const std::string& path, const FileOptions& options,
                                              std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                              IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  std::unique_ptr<rocksdb::FSRandomAccessFile> target;
  IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, &target, debug);
  if (status.ok()) file->reset(new FaultRandomAccessFile(std::move(target), this, path));
  return status;
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& path, const FileOptions& options,
                                          std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) {
  IOStatus fault = Begin(path);
  if (!fault.ok()) return fault;
  std::shared_lock<std::shared_mutex> power(power_);
  FileDurabilityHandle durability = durability_.Create(path);
  std::unique_ptr<FSWritableFile> target;
  IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &target, debug);
  if (status.ok()) file->reset(new FaultWritableFile(std::move(target), this, path, durability));
  return status;
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string& path, const FileOptions& options,
                                             std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) {
  IOStatus fault = Begin(path);
  if (!fault.ok()) return fault;
  std::shared_lock<std::shared_mutex> power(power_);
  uint64_t bytes = 0;
  FileDurabilityHandle durability = FileSystemWrapper::GetFileSize(path, IOOptions(), &bytes, debug).ok()
                                        ? durability_.Reopen(path, bytes)
                                        : durability_.Create(path);
  std::unique_ptr<FSWritableFile> target;
  IOStatus status = FileSystemWrapper::ReopenWritableFile(path, options, &target, debug);
  if (status.ok()) file->reset(new FaultWritableFile(std::move(target), this, path, durability));
  return status;
}

IOStatus FaultFileSystem::ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                                            std::unique_ptr<FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("files are not reused");
}

IOStatus FaultFileSystem::NewRandomRWFile(const std::string& path, const FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomRWFile>* file, IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  FileDurabilityHandle durability = durability_.Find(path);
  if (!durability) return IOStatus::NotSupported("only new files are written at random");
  std::unique_ptr<rocksdb::FSRandomRWFile> target;
  IOStatus status = FileSystemWrapper::NewRandomRWFile(path, options, &target, debug);
  if (status.ok()) file->reset(new FaultZerosFile(std::move(target), this, path, durability));
  return status;
}

IOStatus FaultFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<FSDirectory>* directory, IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  std::unique_ptr<FSDirectory> target;
  IOStatus status = FileSystemWrapper::NewDirectory(path, options, &target, debug);
  if (status.ok()) directory->reset(new FaultDirectory(std::move(target), this, path));
  return status;
}

IOStatus FaultFileSystem::GetFileSize(const std::string& path, const IOOptions& options, uint64_t* bytes,
                                      IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  return FileSystemWrapper::GetFileSize(path, options, bytes, debug);
}

IOStatus FaultFileSystem::FileExists(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  return FileSystemWrapper::FileExists(path, options, debug);
}

IOStatus FaultFileSystem::GetChildren(const std::string& path, const IOOptions& options,
                                      std::vector<std::string>* names, IODebugContext* debug) {
  std::shared_lock<std::shared_mutex> power(power_);
  return FileSystemWrapper::GetChildren(path, options, names, debug);
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) {
  IOStatus fault = Begin(path);
  if (!fault.ok()) return fault;
  std::shared_lock<std::shared_mutex> power(power_);
  return durability_.Delete(path) ? IOStatus::OK() : FromErrno(path, errno);
}

IOStatus FaultFileSystem::RenameFile(const std::string& source, const std::string& target, const IOOptions&,
                                     IODebugContext*) {
  IOStatus fault = Begin(target);
  if (!fault.ok()) return fault;
  std::shared_lock<std::shared_mutex> power(power_);
  return durability_.Rename(source, target) ? IOStatus::OK() : FromErrno(source, errno);
}

IOStatus FaultFileSystem::LinkFile(const std::string& source, const std::string& target, const IOOptions&,
                                   IODebugContext*) {
  IOStatus fault = Begin(target);
  if (!fault.ok()) return fault;
  std::shared_lock<std::shared_mutex> power(power_);
  return durability_.Link(source, target) ? IOStatus::OK() : FromErrno(source, errno);
}

}  // namespace basalt
