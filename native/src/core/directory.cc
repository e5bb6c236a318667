#include "directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace basalt {
namespace {

Outcome NotWritable(const std::string& path, int error) {
  return Outcome("DIR_NOT_WRITABLE", "The data directory " + path + " cannot be written (" + std::strerror(error) +
                                         "). Nothing was started; choose another directory or correct its permissions.");
}

bool SyncDirectory(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = fsync(file) == 0;
  const int error = errno;
  close(file);
  errno = error;
  return synced;
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsDirectory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/** Creates `path` and what is missing above it; false with errno. */
bool CreateDurably(const std::string& path) {
  if (IsDirectory(path)) return true;
  const std::string parent = ParentOf(path);
  if (parent != path && !CreateDurably(parent)) return false;
  if (mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) return false;
  if (!IsDirectory(path)) {
    errno = ENOTDIR;
    return false;
  }
  return SyncDirectory(parent);
}

std::string HolderOf(int file) {
  char text[32] = {};
  const ssize_t length = pread(file, text, sizeof(text) - 1, 0);
  std::string holder;
  for (ssize_t at = 0; at < length && text[at] >= '0' && text[at] <= '9'; at++) holder.push_back(text[at]);
  return holder.empty() ? "another process" : "process " + holder;
}

}  // namespace

Outcome Directory::Create(const std::string& path) {
  path_ = path;
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  for (const std::string& each : {path_, log_path(), data_path()}) {
    if (!CreateDurably(each)) return NotWritable(each, errno);
  }
  // What stands there already may be from a process that was killed between making it and syncing it.
  if (!SyncDirectory(path_)) return NotWritable(path_, errno);
  // The parent may be another's and unreadable to us, or read-only: then the entry in it is not of our making.
  const std::string parent = ParentOf(path_);
  if (!SyncDirectory(parent) && errno != EACCES && errno != EROFS && errno != EINVAL) return NotWritable(parent, errno);
  return Outcome();
}

Outcome Directory::Lock() {
  const std::string name = path_ + "/LOCK";
  const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return NotWritable(path_, errno);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = HolderOf(file);
    close(file);
    if (error != EWOULDBLOCK) return NotWritable(path_, error);
    return Outcome("DIR_IN_USE", "The data directory " + path_ + " is in use by " + holder +
                                     ". Stop that process or choose another directory.");
  }
  const std::string holder = std::to_string(getpid()) + "\n";
  if (ftruncate(file, 0) != 0 || pwrite(file, holder.data(), holder.size(), 0) < 0) {
    const int error = errno;
    close(file);
    return NotWritable(path_, error);
  }
  lock_file_ = file;
  return Outcome();
}

void Directory::Unlock() {
  if (lock_file_ < 0) return;
  close(lock_file_);
  lock_file_ = -1;
}

}  // namespace basalt
