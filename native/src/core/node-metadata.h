// The metadata family: named values of the node, and the three that say whose directory this is (format version, node id,
// incarnation). Written durably: a value is synced when Write returns. Any thread, rare.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "instances.h"
#include "outcome.h"

namespace basalt {

class NodeMetadata {
 public:
  explicit NodeMetadata(const Instances* instances) : instances_(instances) {}

  /**
   * Checks that the directory has this format and belongs to this node, or marks an empty one.
   * Codes: DIR_FORMAT, DIR_NODE_ID, STORAGE_CORRUPT, STORAGE_FAILED.
   */
  Outcome Claim(const std::string& directory, uint64_t node_id);
  uint64_t incarnation() const { return incarnation_; }

  Outcome Read(const std::string& name, bool* found, std::string* value) const;
  Outcome Write(const std::vector<std::pair<std::string, std::string>>& values) const;

 private:
  Outcome Mark(const std::string& directory, uint64_t node_id);

  const Instances* instances_;
  uint64_t incarnation_ = 0;
};

}  // namespace basalt
