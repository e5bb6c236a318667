#include "node-metadata.h"

#include <sys/random.h>

#include <memory>

#include "bytes.h"
#include "rocksdb/write_batch.h"
#include "row-format.h"

namespace basalt {
namespace {

constexpr char kFormatVersion[] = "format-version";
constexpr char kNodeId[] = "node-id";
constexpr char kIncarnation[] = "incarnation";

std::string U32Bytes(uint32_t value) {
  std::string bytes;
  AppendU32(&bytes, value);
  return bytes;
}

std::string U64Bytes(uint64_t value) {
  std::string bytes;
  AppendU64(&bytes, value);
  return bytes;
}

Outcome DamagedMetadata(const std::string& directory) {
  return Outcome("STORAGE_CORRUPT", "The metadata in the data directory " + directory +
                                        " is damaged; the node did not start from it. Restore this node from another copy.");
}

/** Whether one of the families has a row, or cannot tell. */
bool HasRows(rocksdb::DB* database, const std::vector<rocksdb::ColumnFamilyHandle*>& families) {
  for (rocksdb::ColumnFamilyHandle* family : families) {
    std::unique_ptr<rocksdb::Iterator> rows(database->NewIterator(rocksdb::ReadOptions(), family));
    rows->SeekToFirst();
    if (rows->Valid() || !rows->status().ok()) return true;
  }
  return false;
}

/** From 1 to 2^53 - 1: a JavaScript number holds it. */
Outcome DrawIncarnation(uint64_t* incarnation) {
  *incarnation = 0;
  while (*incarnation == 0) {
    if (getrandom(incarnation, sizeof(*incarnation), 0) != static_cast<ssize_t>(sizeof(*incarnation))) {
      return Outcome("STORAGE_OPEN_FAILED", "The system gave no random bytes for the node's incarnation.");
    }
    *incarnation &= kMaxSafeInteger;
  }
  return Outcome();
}

}  // namespace

Outcome NodeMetadata::Read(const std::string& name, bool* found, std::string* value) const {
  const Status status = instances_->log()->Get(rocksdb::ReadOptions(), instances_->metadata, name, value);
  *found = status.ok();
  if (status.ok() || status.IsNotFound()) return Outcome();
  return Outcome(status.IsCorruption() ? "STORAGE_CORRUPT" : "STORAGE_FAILED",
                 "The node's metadata cannot be read (" + status.ToString() + "); the node must stop.");
}

Outcome NodeMetadata::Write(const std::vector<std::pair<std::string, std::string>>& values) const {
  rocksdb::WriteBatch batch;
  Status status;
  for (const auto& each : values) {
    if (status.ok()) status = batch.Put(instances_->metadata, each.first, each.second);
  }
  if (status.ok()) status = instances_->log()->Write(rocksdb::WriteOptions(), &batch);
  const uint64_t sequence = instances_->log()->GetLatestSequenceNumber();
  if (status.ok()) status = instances_->log()->SyncWAL();
  if (status.ok()) return mark_->Raise(sequence);
  return Outcome("STORAGE_FAILED",
                 "The node's metadata cannot be written (" + status.ToString() + "); the node must stop.");
}

Outcome NodeMetadata::Check(const std::string& directory, uint64_t node_id, bool* is_new) {
  std::string format, owner, incarnation;
  bool has_format = false, has_owner = false, has_incarnation = false;
  Outcome outcome = Read(kFormatVersion, &has_format, &format);
  if (outcome.ok()) outcome = Read(kNodeId, &has_owner, &owner);
  if (outcome.ok()) outcome = Read(kIncarnation, &has_incarnation, &incarnation);
  if (!outcome.ok()) return outcome;
  *is_new = !has_format;
  if (*is_new) return Outcome();
  if (format != U32Bytes(kDirectoryFormat)) {
    const std::string found = format.size() == 4 ? std::to_string(GetU32(format.data())) : "of an unknown kind";
    return Outcome("DIR_FORMAT", "The data directory " + directory + " has format version " + found +
                                     "; this program reads version " + std::to_string(kDirectoryFormat) +
                                     ". Use the program that wrote it, or another directory.");
  }
  if (!has_owner || owner.size() != 8 || !has_incarnation || incarnation.size() != 8) return DamagedMetadata(directory);
  if (GetU64(owner.data()) != node_id) {
    return Outcome("DIR_NODE_ID", "The data directory " + directory + " belongs to node " +
                                      std::to_string(GetU64(owner.data())) + ", not to node " +
                                      std::to_string(node_id) + ". Start it with its own id, or use another directory.");
  }
  incarnation_ = GetU64(incarnation.data());
  return Outcome();
}

Outcome NodeMetadata::Mark(const std::string& directory, uint64_t node_id) {
  // The mark is the first thing ever written: rows without it are not of our making, or the mark was lost.
  if (HasRows(instances_->log(), {instances_->raft_log, instances_->raft_state, instances_->snapshots,
                                  instances_->metadata})) {
    return DamagedMetadata(directory);
  }
  if (HasRows(instances_->data(), {instances_->key_values, instances_->tombstones})) {
    return Outcome("STORAGE_CORRUPT", "In the data directory " + directory +
                                          " log/ is empty and data/ is not: the log of these data is missing (is log/ a "
                                          "file system of its own that is not mounted?). The node did not start from "
                                          "it; bring log/ back, or restore this node from another copy.");
  }
  Outcome outcome = DrawIncarnation(&incarnation_);
  if (!outcome.ok()) return outcome;
  return Write({{kFormatVersion, U32Bytes(kDirectoryFormat)},
                {kNodeId, U64Bytes(node_id)},
                {kIncarnation, U64Bytes(incarnation_)}});
}

}  // namespace basalt
