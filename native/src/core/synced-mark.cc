#include "synced-mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bytes.h"
#include "crc32c.h"

namespace basalt {
namespace {

/** format u8 ‖ sequence u64 ‖ CRC32C u32 over both. */
constexpr char kFormat = 1;
constexpr size_t kCheckedBytes = 9;
constexpr size_t kFileBytes = kCheckedBytes + 4;

Outcome NotWritable(const std::string& path, int error) {
  return Outcome("DIR_NOT_WRITABLE", "The file " + path + " cannot be written (" + std::strerror(error) +
                                         "). Nothing was started; correct its permissions or free some space.");
}

/** 0 if the file says nothing. */
uint64_t ReadMark(int file) {
  char bytes[kFileBytes];
  if (pread(file, bytes, kFileBytes, 0) != static_cast<ssize_t>(kFileBytes)) return 0;
  if (bytes[0] != kFormat || GetU32(bytes + kCheckedBytes) != Crc32c(0, bytes, kCheckedBytes)) return 0;
  return GetU64(bytes + 1);
}

}  // namespace

Outcome SyncedMark::Open(const std::string& log_path, uint64_t sequence) {
  path_ = log_path + "/synced";
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) return NotWritable(path_, errno);
  const uint64_t synced = ReadMark(file_);
  if (sequence < synced) {
    return Outcome("STORAGE_CORRUPT",
                   "The raft log in " + log_path + " is damaged before its synced end (" + std::to_string(sequence) +
                       " of " + std::to_string(synced) +
                       " writes can be read): what was acknowledged is missing, and the node did not start from it. "
                       "Restore this node from another copy.");
  }
  sequence_ = synced;
  // Also where the mark stays as it is: a file that could not be written later would end a running node.
  return Write(synced) ? Outcome() : NotWritable(path_, errno);
}

Outcome SyncedMark::Raise(uint64_t sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (sequence <= sequence_) return Outcome();
  sequence_ = sequence;
  if (Write(sequence)) return Outcome();
  return Outcome("STORAGE_FAILED",
                 "The file " + path_ + " cannot be written (" + std::strerror(errno) + "); the node must stop.");
}

bool SyncedMark::Write(uint64_t sequence) {
  char bytes[kFileBytes];
  bytes[0] = kFormat;
  PutU64(bytes + 1, sequence);
  PutU32(bytes + kCheckedBytes, Crc32c(0, bytes, kCheckedBytes));
  return pwrite(file_, bytes, kFileBytes, 0) == static_cast<ssize_t>(kFileBytes);
}

void SyncedMark::Close() {
  if (file_ >= 0) close(file_);
  file_ = -1;
}

}  // namespace basalt
