// What of a directory tree would survive a power loss, and the making of that loss. Every change is carried out on the
// real files at once; beside it stands here which bytes were never synced and which creates, renames, links and deletes
// no directory sync has followed (a deleted or replaced file is kept aside until then). `LosePower` turns the real files
// into what a disk could show after the power failed: changes of a directory undone from some point on (half of the
// times all of them), unsynced bytes gone, or a random prefix of them kept with its last sector garbled or zeroed. Where
// zeros were written ahead, unsynced bytes reach the disk page by page in any order, and some of the zeros end the file.
// Files that were there before are taken as durable. Test build only; one lock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace basalt {

/** The unsynced tail of one file. Shared by all names of it and by its open handles. */
struct FileDurability {
  uint64_t written_bytes = 0;
  uint64_t synced_bytes = 0;
  /** How far zeros were ever written ahead of what is appended. */
  uint64_t zeros_end = 0;
};
using FileDurabilityHandle = std::shared_ptr<FileDurability>;

class DurabilityLog {
 public:
  /** `aside` is a directory outside the traced ones, on the same file system; made and removed here. */
  DurabilityLog(std::string aside, uint64_t seed);
  ~DurabilityLog();

  /** Before a file is made anew at `path`; one that stands there is kept aside. */
  FileDurabilityHandle Create(const std::string& path);
  /** A file that is appended to again. */
  FileDurabilityHandle Reopen(const std::string& path, uint64_t bytes);
  /** nullptr if it is not traced. */
  FileDurabilityHandle Find(const std::string& path);
  void Append(const FileDurabilityHandle& file, uint64_t bytes);
  /** Zeros go to [begin, end). False where something was appended already. */
  bool WriteZeros(const FileDurabilityHandle& file, uint64_t begin, uint64_t end);
  void Truncate(const FileDurabilityHandle& file, uint64_t bytes);
  /** Bytes that a sync beginning now will make durable; hand them to Synced when it has ended. */
  uint64_t BeginSync(const FileDurabilityHandle& file);
  void Synced(const FileDurabilityHandle& file, uint64_t bytes);

  /** These carry the change out; false with errno. */
  bool Delete(const std::string& path);
  bool Rename(const std::string& source, const std::string& target);
  bool Link(const std::string& source, const std::string& target);

  /** The changes that a directory sync beginning now will make durable. */
  uint64_t BeginDirectorySync();
  void DirectorySynced(const std::string& directory, uint64_t changes);

  void LosePower();

 private:
  enum class Kind { kCreate, kDelete, kRename, kLink };
  struct Change {
    uint64_t number;
    Kind kind;
    std::string path;
    /** Of a rename: the name before. */
    std::string source;
    /** Where the file that stood at `path` is kept, if one did. */
    std::string aside;
  };

  bool KeepAside(const std::string& path, std::string* aside);
  void MoveName(const std::string& source, const std::string& target);
  void Note(Kind kind, const std::string& path, const std::string& source, const std::string& aside);
  void Undo(const Change& change);
  void Tear(const std::string& path, const FileDurability& file);
  void Garble(const std::string& path, const FileDurability& file, uint64_t end);
  void LosePages(const std::string& path, uint64_t begin, uint64_t end);
  uint64_t Below(uint64_t bound);

  std::mutex mutex_;
  const std::string aside_;
  std::mt19937_64 random_;
  uint64_t last_aside_ = 0;
  uint64_t last_change_ = 0;
  std::map<std::string, FileDurabilityHandle> files_;
  /** By directory, oldest first. */
  std::map<std::string, std::vector<Change>> changes_;
};

}  // namespace basalt
