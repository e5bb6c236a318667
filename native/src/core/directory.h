// The data directory: creates it durably (every new entry's parent is synced) and holds its lock for one process at a
// time. The lock is flock(2) on the file LOCK, which a dying process gives back by itself; the file names its holder.
#pragma once

#include <string>

#include "outcome.h"

namespace basalt {

class Directory {
 public:
  Directory() = default;
  ~Directory() { Unlock(); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  /** Creates what is missing of `path`, `path`/log and `path`/data. Codes: DIR_NOT_WRITABLE. */
  Outcome Create(const std::string& path);
  /** Codes: DIR_IN_USE, DIR_NOT_WRITABLE. */
  Outcome Lock();
  void Unlock();

  const std::string& path() const { return path_; }
  std::string log_path() const { return path_ + "/log"; }
  std::string data_path() const { return path_ + "/data"; }

 private:
  std::string path_;
  int lock_file_ = -1;
};

}  // namespace basalt
