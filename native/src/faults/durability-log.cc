#include "durability-log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>

namespace basalt {
namespace {

constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kPageBytes = 4096;

std::string Normal(const std::string& path) {
  std::string normal;
  for (const char each : path) {
    if (each != '/' || normal.empty() || normal.back() != '/') normal.push_back(each);
  }
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void WriteAt(const std::string& path, const std::string& bytes, uint64_t place) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  const ssize_t written = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place));
  close(descriptor);
  if (written < 0) std::perror("basalt: a file could not be garbled");
}

bool Exists(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

}  // namespace

DurabilityLog::DurabilityLog(std::string aside, uint64_t seed) : aside_(std::move(aside)), random_(seed) {}

DurabilityLog::~DurabilityLog() {
  for (const auto& directory : changes_) {
    for (const Change& change : directory.second) {
      if (!change.aside.empty()) unlink(change.aside.c_str());
    }
  }
  rmdir(aside_.c_str());
}

uint64_t DurabilityLog::Below(uint64_t bound) { return bound == 0 ? 0 : random_() % bound; }

bool DurabilityLog::KeepAside(const std::string& path, std::string* aside) {
  mkdir(aside_.c_str(), 0777);
  *aside = aside_ + "/" + std::to_string(++last_aside_);
  if (rename(path.c_str(), aside->c_str()) != 0) return false;
  MoveName(path, *aside);
  return true;
}

void DurabilityLog::MoveName(const std::string& source, const std::string& target) {
  files_.erase(target);
  const auto found = files_.find(source);
  if (found == files_.end()) return;
  const FileDurabilityHandle file = found->second;
  files_.erase(found);
  files_[target] = file;
}

void DurabilityLog::Note(Kind kind, const std::string& path, const std::string& source, const std::string& aside) {
  changes_[DirectoryOf(path)].push_back(Change{++last_change_, kind, path, source, aside});
}

FileDurabilityHandle DurabilityLog::Create(const std::string& given) {
  std::lock_guard<std::mutex> lock(mutex_);
  const std::string path = Normal(given);
  std::string aside;
  if (Exists(path) && KeepAside(path, &aside)) Note(Kind::kDelete, path, "", aside);
  Note(Kind::kCreate, path, "", "");
  return files_[path] = std::make_shared<FileDurability>();
}

FileDurabilityHandle DurabilityLog::Reopen(const std::string& given, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  FileDurabilityHandle& file = files_[Normal(given)];
  if (!file) {
    file = std::make_shared<FileDurability>();
    file->written_bytes = file->synced_bytes = bytes;
  }
  return file;
}

FileDurabilityHandle DurabilityLog::Find(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = files_.find(Normal(path));
  return found == files_.end() ? nullptr : found->second;
}

bool DurabilityLog::WriteZeros(const FileDurabilityHandle& file, uint64_t begin, uint64_t end) {
  std::lock_guard<std::mutex> lock(mutex_);
  file->zeros_end = std::max(file->zeros_end, end);
  return begin >= file->written_bytes;
}

void DurabilityLog::Append(const FileDurabilityHandle& file, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  file->written_bytes += bytes;
}

void DurabilityLog::Truncate(const FileDurabilityHandle& file, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  file->written_bytes = bytes;
  file->synced_bytes = std::min(file->synced_bytes, bytes);
}

uint64_t DurabilityLog::BeginSync(const FileDurabilityHandle& file) {
  std::lock_guard<std::mutex> lock(mutex_);
  return file->written_bytes;
}

void DurabilityLog::Synced(const FileDurabilityHandle& file, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  file->synced_bytes = std::max(file->synced_bytes, std::min(bytes, file->written_bytes));
}

bool DurabilityLog::Delete(const std::string& given) {
  std::lock_guard<std::mutex> lock(mutex_);
  const std::string path = Normal(given);
  std::string aside;
  if (!KeepAside(path, &aside)) return false;
  Note(Kind::kDelete, path, "", aside);
  return true;
}

bool DurabilityLog::Rename(const std::string& given_source, const std::string& given_target) {
  std::lock_guard<std::mutex> lock(mutex_);
  const std::string source = Normal(given_source);
  const std::string target = Normal(given_target);
  std::string aside;
  if (Exists(target) && !KeepAside(target, &aside)) return false;
  if (rename(source.c_str(), target.c_str()) != 0) return false;
  MoveName(source, target);
  Note(Kind::kRename, target, source, aside);
  return true;
}

bool DurabilityLog::Link(const std::string& given_source, const std::string& given_target) {
  std::lock_guard<std::mutex> lock(mutex_);
  const std::string source = Normal(given_source);
  const std::string target = Normal(given_target);
  if (link(source.c_str(), target.c_str()) != 0) return false;
  const auto found = files_.find(source);
  if (found != files_.end()) files_[target] = found->second;
  Note(Kind::kLink, target, "", "");
  return true;
}

uint64_t DurabilityLog::BeginDirectorySync() {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_change_;
}

void DurabilityLog::DirectorySynced(const std::string& given, uint64_t last_change) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Change>& changes = changes_[Normal(given)];
  size_t durable = 0;
  for (; durable < changes.size() && changes[durable].number <= last_change; durable++) {
    const std::string& aside = changes[durable].aside;
    if (aside.empty()) continue;
    unlink(aside.c_str());
    files_.erase(aside);
  }
  changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(durable));
}

void DurabilityLog::Undo(const Change& change) {
  switch (change.kind) {
    case Kind::kCreate:
    case Kind::kLink:
      unlink(change.path.c_str());
      files_.erase(change.path);
      break;
    case Kind::kRename:
      rename(change.path.c_str(), change.source.c_str());
      MoveName(change.path, change.source);
      break;
    case Kind::kDelete:
      break;
  }
  if (change.aside.empty()) return;
  rename(change.aside.c_str(), change.path.c_str());
  MoveName(change.aside, change.path);
}

void DurabilityLog::LosePower() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& directory : changes_) {
    std::vector<Change>& changes = directory.second;
    const size_t kept = Below(2) == 0 ? 0 : Below(changes.size() + 1);
    while (changes.size() > kept) {
      Undo(changes.back());
      changes.pop_back();
    }
    for (const Change& change : changes) {
      if (change.aside.empty()) continue;
      unlink(change.aside.c_str());
      files_.erase(change.aside);
    }
    changes.clear();
  }
  std::set<FileDurability*> torn;
  for (const auto& file : files_) {
    if (torn.insert(file.second.get()).second) Tear(file.first, *file.second);
  }
  rmdir(aside_.c_str());
}

void DurabilityLog::Tear(const std::string& path, const FileDurability& file) {
  const bool has_zeros = file.zeros_end > file.written_bytes;
  if (file.written_bytes <= file.synced_bytes && !has_zeros) return;
  const bool keeps_some = Below(3) != 0;
  const uint64_t unsynced = file.written_bytes - file.synced_bytes;
  const uint64_t end = file.synced_bytes + (keeps_some ? Below(unsynced + 1) : 0);
  if (truncate(path.c_str(), static_cast<off_t>(end)) != 0) return;
  Garble(path, file, end);
  if (!has_zeros) return;
  LosePages(path, file.synced_bytes, end);
  const uint64_t zeros = Below(3) == 0 ? 0 : Below(file.zeros_end - end + 1);
  if (truncate(path.c_str(), static_cast<off_t>(end + zeros)) != 0) std::perror("basalt: a file could not be torn");
}

void DurabilityLog::Garble(const std::string& path, const FileDurability& file, uint64_t end) {
  const uint64_t damage = Below(3);
  if (end == file.synced_bytes || damage == 0) return;
  // A manifest's tail is only cut. RocksDB takes a damaged record there for corruption and does not open, and a journaling
  // file system in ordered mode never lets a file end in bytes that were not written before its size was.
  if (path.find("MANIFEST-") != std::string::npos) return;
  const uint64_t start = std::max(file.synced_bytes, end - std::min(end, 1 + Below(kSectorBytes)));
  std::string sector(end - start, '\0');
  if (damage == 1) {
    for (char& byte : sector) byte = static_cast<char>(random_());
  }
  WriteAt(path, sector, start);
}

/** Pages of [begin, end) that were not written back show the zeros below. */
void DurabilityLog::LosePages(const std::string& path, uint64_t begin, uint64_t end) {
  while (begin < end) {
    const uint64_t next = std::min(end, (begin / kPageBytes + 1) * kPageBytes);
    if (Below(4) == 0) WriteAt(path, std::string(next - begin, '\0'), begin);
    begin = next;
  }
}

}  // namespace basalt
