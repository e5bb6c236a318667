// Writes zeros ahead of the end of write-ahead logs, on a thread of its own. A sync of what was appended to a file must
// commit the file's new size and the places of its blocks to the file system's journal; a sync of what was written over
// zeros that are on disk already has only the bytes to write, which halves it (perf-reports/2026-11-24-zeros-ahead.md).
//
// Zeros never meet a file's bytes: whoever appends claims the place first, and a claim waits for zeros that are being
// written from there on. What is appended beyond the zeros extends the file as ever, so zeros that cannot be written cost
// speed and nothing else: the file is then left without. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "rocksdb/file_system.h"

namespace basalt {

class ZeroWriter {
 public:
  ZeroWriter();
  ~ZeroWriter();
  ZeroWriter(const ZeroWriter&) = delete;
  ZeroWriter& operator=(const ZeroWriter&) = delete;

  /** From now on zeros go ahead of `path`, a new file, written through `file`; those of the file before it end. */
  void Begin(const std::string& path, std::unique_ptr<rocksdb::FSRandomRWFile> file);
  /** The next `bytes` are going to be appended. */
  void Claim(const std::string& path, uint64_t bytes);
  /** No zeros are written any more. True if zeros stand behind the file's `bytes`. */
  bool End(const std::string& path, uint64_t* bytes);
  /** Bytes of a file that has begun and not ended, without the zeros behind them; false for any other. */
  bool BytesOf(const std::string& path, uint64_t* bytes) const;

 private:
  struct Log {
    std::unique_ptr<rocksdb::FSRandomRWFile> file;
    /** Claimed. */
    uint64_t bytes = 0;
    /** The end of the file, all zeros from `bytes` on. */
    uint64_t end = 0;
  };

  void Run();
  bool WantsZeros() const;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::map<std::string, Log> logs_;
  /** The one that zeros go ahead of, and the one that they are being written to just now. */
  Log* current_ = nullptr;
  Log* busy_ = nullptr;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace basalt
