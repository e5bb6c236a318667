// Figures of the two RocksDB instances under their public names.
#pragma once

#include <string>

#include "instances.h"
#include "statistics.h"

namespace basalt {

void AppendInstanceFigures(const Instances& instances, const std::string& log_path, Figures* figures);

}  // namespace basalt
