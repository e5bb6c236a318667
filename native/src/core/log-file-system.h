// The file system of the log instance: that of the engine, but for zeros that are written ahead of the end of its
// write-ahead logs. RocksDB's recovery takes zeros for the end of what was written: where it meets them inside of a record
// it reports damage and stops, between records it goes on. A log that is closed is cut to its bytes; what a crash leaves
// ends in zeros. The size of an open log is told without them, because checkpoints copy that much of it.
#pragma once

#include <memory>
#include <string>

#include "rocksdb/file_system.h"
#include "zero-writer.h"

namespace basalt {

class LogFileSystem : public rocksdb::FileSystemWrapper {
 public:
  using FileOptions = rocksdb::FileOptions;
  using IODebugContext = rocksdb::IODebugContext;
  using IOOptions = rocksdb::IOOptions;
  using IOStatus = rocksdb::IOStatus;

  explicit LogFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target) : rocksdb::FileSystemWrapper(target) {}

  const char* Name() const override { return "BasaltLogFileSystem"; }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override;
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* bytes,
                       IODebugContext* debug) override;

 private:
  /** Shared with open files: RocksDB may close one after it has let go of the file system. */
  const std::shared_ptr<ZeroWriter> zeros_ = std::make_shared<ZeroWriter>();
};

}  // namespace basalt
