// What a call of the core returns when it can fail: nothing, or a stable code and a whole sentence for people. The codes
// are those of BasaltError on the JavaScript side. No exceptions are used anywhere in native/.
#pragma once

#include <string>
#include <utility>

namespace basalt {

class [[nodiscard]] Outcome {
 public:
  Outcome() = default;
  Outcome(std::string code, std::string message) : code_(std::move(code)), message_(std::move(message)) {}

  bool ok() const { return code_.empty(); }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  std::string code_;
  std::string message_;
};

}  // namespace basalt
