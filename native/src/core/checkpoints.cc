#include "checkpoints.h"

#include <algorithm>
#include <memory>

#include "rocksdb/utilities/checkpoint.h"
#include "row-format.h"

namespace basalt {
namespace {

const char kUnfinished[] = ".unfinished";

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Outcome Failed(const std::string& what, const Status& status) {
  return Outcome("CHECKPOINT_FAILED", what + " (" + status.ToString() + "); there is no new checkpoint.");
}

Status CopyInstance(rocksdb::DB* instance, const std::string& to) {
  rocksdb::Checkpoint* made = nullptr;
  Status status = rocksdb::Checkpoint::Create(instance, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(to, 0);
  return status;
}

}  // namespace

Outcome Checkpoints::Make(const std::string& data_directory, const std::string& name, size_t kept) {
  const std::string directory = data_directory + "/checkpoints";
  Status status = env()->CreateDirIfMissing(directory);
  if (status.ok()) status = Sync(data_directory);
  std::vector<std::string> names;
  if (status.ok()) status = env()->GetChildren(directory, &names);
  // What an earlier process did not finish.
  for (const std::string& each : names) {
    if (status.ok() && EndsWith(each, kUnfinished)) status = Remove(directory + "/" + each);
  }
  if (!status.ok()) return Failed("The directory of checkpoints " + directory + " cannot be used", status);

  const std::string unfinished = directory + "/" + name + kUnfinished;
  Outcome outcome = Copy(unfinished);
  if (outcome.ok()) {
    status = Sync(unfinished);
    if (status.ok()) status = env()->RenameFile(unfinished, directory + "/" + name);
    if (status.ok()) status = Sync(directory);
    if (!status.ok()) outcome = Failed("The checkpoint " + name + " cannot be completed", status);
  }
  if (!outcome.ok()) {
    Remove(unfinished).PermitUncheckedError();
    return outcome;
  }

  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& each) { return each[0] == '.' || EndsWith(each, kUnfinished); }),
              names.end());
  names.push_back(name);
  std::sort(names.begin(), names.end());
  for (size_t at = 0; at + kept < names.size(); at++) {
    status = Remove(directory + "/" + names[at]);
    // The checkpoint exists; an old one that stays costs space only, and the next one tries again.
    if (!status.ok()) break;
  }
  return Outcome();
}

Outcome Checkpoints::Copy(const std::string& to) {
  Status status = env()->CreateDir(to);
  if (!status.ok()) return Failed("The directory " + to + " cannot be made", status);
  const std::vector<uint32_t> groups = groups_->groups();
  status = flush_data_();
  if (!status.ok()) return Failed("Applied data cannot be written to disk", status);
  std::vector<uint64_t> applied;
  rocksdb::ReadOptions persisted;
  persisted.read_tier = rocksdb::kPersistedTier;
  for (const uint32_t group : groups) {
    rocksdb::PinnableSlice value;
    AppliedRecord record;
    const Status read = instances_->data()->Get(persisted, instances_->key_values, AppliedRowKey(group), &value);
    applied.push_back(read.ok() && DecodeAppliedRecord(value, &record) ? record.index : 0);
  }
  status = CopyInstance(instances_->data(), to + "/data");
  if (!status.ok()) return Failed("The data cannot be copied", status);
  status = CopyInstance(instances_->log(), to + "/log");
  if (!status.ok()) return Failed("The raft log cannot be copied", status);
  return CheckLogs(groups, applied);
}

Outcome Checkpoints::CheckLogs(const std::vector<uint32_t>& groups, const std::vector<uint64_t>& applied) const {
  for (size_t at = 0; at < groups.size(); at++) {
    if (groups_->log_bounds(groups[at]).truncated.index <= applied[at]) continue;
    return Outcome("CHECKPOINT_FAILED", "The raft log of group " + std::to_string(groups[at]) +
                                            " was compacted while it was copied; there is no new checkpoint.");
  }
  return Outcome();
}

Status Checkpoints::Remove(const std::string& path) const {
  bool is_directory = false;
  Status status = env()->IsDirectory(path, &is_directory);
  if (!status.ok()) return status;
  if (!is_directory) return env()->DeleteFile(path);
  std::vector<std::string> children;
  status = env()->GetChildren(path, &children);
  for (const std::string& child : children) {
    if (child == "." || child == "..") continue;
    if (status.ok()) status = Remove(path + "/" + child);
  }
  return status.ok() ? env()->DeleteDir(path) : status;
}

Status Checkpoints::Sync(const std::string& path) const {
  std::unique_ptr<rocksdb::Directory> directory;
  Status status = env()->NewDirectory(path, &directory);
  return status.ok() ? directory->Fsync() : status;
}

}  // namespace basalt
