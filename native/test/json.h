// As much of JSON as the golden vectors need: objects, arrays, strings without escapes, unsigned integers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness.h"

namespace basalt_test {

struct Json {
  uint64_t number = 0;
  std::string text;
  std::vector<Json> items;
  std::map<std::string, Json> fields;

  const Json& operator[](const std::string& name) const {
    const auto found = fields.find(name);
    if (found == fields.end()) CheckFailed(("vectors have the field " + name).c_str(), __FILE__, __LINE__);
    return found->second;
  }
  std::string bytes() const { return FromHex(text); }
};

Json ReadJsonFile(const std::string& path);

}  // namespace basalt_test
