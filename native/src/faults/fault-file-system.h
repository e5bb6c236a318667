// The file system of the test build: passes everything to the real one, follows in a DurabilityLog what would survive a
// power loss, and can fail writes or reads or slow syncs, from the start or on request. Operations that change the disk (append, sync, truncate,
// create, rename, link, delete, directory sync) are counted; the power can be cut before a given one. The cut stops all
// other I/O for good, makes the loss and ends the process with status 137. Safe on every thread. RocksDB's own info log
// goes around it, by plain file calls that nothing depends on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "durability-log.h"
#include "rocksdb/file_system.h"

namespace basalt {

/** All but kReadError meet what changes the disk; that one meets what reads file contents. */
enum class FaultKind { kNone, kIOError, kNoSpace, kReadOnly, kReadError };

struct FaultOptions {
  /** The data directory. */
  std::string directory;
  uint64_t seed = 1;
  /** 0: never. */
  uint64_t power_loss_at_operation = 0;
  /** Meets operations on paths that contain `path_contains` from the first one on. */
  FaultKind fault = FaultKind::kNone;
  std::string path_contains{};
};

class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  using FileOptions = rocksdb::FileOptions;
  using IODebugContext = rocksdb::IODebugContext;
  using IOOptions = rocksdb::IOOptions;
  using IOStatus = rocksdb::IOStatus;

  explicit FaultFileSystem(const FaultOptions& options);

  /** Never returns. */
  [[noreturn]] void CutPower();
  /** From now on operations on paths that contain `path_contains` fail. */
  void SetFault(FaultKind kind, const std::string& path_contains);
  void SetSyncDelay(uint64_t micros) { sync_delay_micros_ = micros; }
  uint64_t operations() const { return operations_; }

  /** Before an operation that changes the disk: counts it, and returns the fault it meets. */
  IOStatus Begin(const std::string& path);
  /** Before a read of a file's contents: the fault it meets. */
  IOStatus BeginRead(const std::string& path);
  void DelaySync() const;
  DurabilityLog& durability() { return durability_; }
  /**
   * Held (shared) while an operation runs, so that a power cut finds none half done; and while something is looked up or read,
   * so that nothing sees the files that are being turned into what the loss leaves.
   */
  std::shared_mutex& power() { return power_; }

  const char* Name() const override { return "BasaltFaultFileSystem"; }
  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) override;
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) override;
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override;
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override;
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override;
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* file, IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) override;
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* bytes,
                       IODebugContext* debug) override;
  IOStatus FileExists(const std::string& path, const IOOptions& options, IODebugContext* debug) override;
  IOStatus GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* names,
                       IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& source, const std::string& target, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus LinkFile(const std::string& source, const std::string& target, const IOOptions& options,
                    IODebugContext* debug) override;

 private:
  DurabilityLog durability_;
  std::shared_mutex power_;
  const uint64_t power_loss_at_operation_;
  std::atomic<uint64_t> operations_{0};
  std::atomic<uint64_t> sync_delay_micros_{0};
  std::mutex fault_mutex_;
  FaultKind fault_;
  std::string fault_path_;
};

}  // namespace basalt
