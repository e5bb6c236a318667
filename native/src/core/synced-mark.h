// How far the write-ahead log of log/ was synced, kept beside it in the file log/synced (src/storage/README.md, "Synced
// mark"): the highest sequence number of RocksDB that a sync has covered. Recovery ends at the first damaged record of the
// write-ahead log, and takes damage in its synced part for the torn tail of a power loss; with the mark a log that ends
// below what was acknowledged is told from one that lost only what nobody was promised.
//
// The file is written after each sync and never synced itself: that keeps it current over the death of the process, and
// after a power loss it is at worst older than the log, never newer. Raise may be called from any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "outcome.h"

namespace basalt {

class SyncedMark {
 public:
  SyncedMark() = default;
  ~SyncedMark() { Close(); }
  SyncedMark(const SyncedMark&) = delete;
  SyncedMark& operator=(const SyncedMark&) = delete;

  /**
   * `sequence` is where the log has just been recovered to. Codes: STORAGE_CORRUPT if the mark says that more was synced,
   * DIR_NOT_WRITABLE. A file that is missing or cannot be understood says nothing: it is made anew.
   */
  Outcome Open(const std::string& log_path, uint64_t sequence);
  /** A sync has covered everything up to `sequence`. Codes: STORAGE_FAILED. */
  Outcome Raise(uint64_t sequence);
  void Close();

 private:
  /** False with errno. */
  bool Write(uint64_t sequence);

  std::mutex mutex_;
  int file_ = -1;
  std::string path_;
  uint64_t sequence_ = 0;
};

}  // namespace basalt
