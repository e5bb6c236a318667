// Checkpoints: copies of both instances of one moment, under the data directory, each of which can be started from as a data
// directory of its own. Tables are hard links, so one costs what is flushed for it and the copies of the logs. A checkpoint
// appears whole, by a rename of its directory, or not at all. Its data are copied before its raft log, so that the log never
// ends below what is applied; the caller holds compactions of the log back until it is done, so that the log never begins
// above it, and that is checked. Any thread; one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "group-table.h"
#include "instances.h"
#include "outcome.h"

namespace basalt {

class Checkpoints {
 public:
  /** Writes applied data to disk, both families at once, and waits. */
  using FlushData = std::function<Status()>;

  Checkpoints(const Instances* instances, const GroupTable* groups, FlushData flush_data)
      : instances_(instances), groups_(groups), flush_data_(std::move(flush_data)) {}

  /**
   * Makes the checkpoint `name` in `data_directory`/checkpoints and removes the oldest ones beyond `kept`, by the order of
   * their names. Codes: CHECKPOINT_FAILED.
   */
  Outcome Make(const std::string& data_directory, const std::string& name, size_t kept);

 private:
  Outcome Copy(const std::string& to);
  Outcome CheckLogs(const std::vector<uint32_t>& groups, const std::vector<uint64_t>& applied) const;
  /** A directory and what lies in it. */
  Status Remove(const std::string& path) const;
  Status Sync(const std::string& path) const;
  rocksdb::Env* env() const { return instances_->data()->GetEnv(); }

  const Instances* const instances_;
  const GroupTable* const groups_;
  const FlushData flush_data_;
};

}  // namespace basalt
