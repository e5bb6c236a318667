// The metadata family: named values of the node, and the three that say whose directory this is (format version, node id,
// incarnation). Written durably: a value is synced when Write returns. Any thread, rare.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "instances.h"
#include "outcome.h"
#include "synced-mark.h"

namespace basalt {

class NodeMetadata {
 public:
  NodeMetadata(const Instances* instances, SyncedMark* mark) : instances_(instances), mark_(mark) {}

  /**
   * Before the data is opened: checks that the directory has this format and belongs to this node; `is_new` if nobody has
   * marked it yet. Codes: DIR_FORMAT, DIR_NODE_ID, STORAGE_CORRUPT, STORAGE_FAILED.
   */
  Outcome Check(const std::string& directory, uint64_t node_id, bool* is_new);
  /** Marks a new directory, of which nothing may be in use: neither log nor data. Codes: STORAGE_CORRUPT, STORAGE_FAILED. */
  Outcome Mark(const std::string& directory, uint64_t node_id);
  uint64_t incarnation() const { return incarnation_; }

  Outcome Read(const std::string& name, bool* found, std::string* value) const;
  Outcome Write(const std::vector<std::pair<std::string, std::string>>& values) const;

 private:
  const Instances* instances_;
  SyncedMark* mark_;
  uint64_t incarnation_ = 0;
};

}  // namespace basalt
