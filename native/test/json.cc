#include "json.h"

#include <fstream>
#include <iterator>

namespace basalt_test {
namespace {

class Parser {
 public:
  explicit Parser(std::string text) : text_(std::move(text)) {}

  Json Value() {
    Json value;
    switch (Peek()) {
      case '{':
        List('}', [&] {
          const std::string name = Text();
          Expect(':');
          value.fields[name] = Value();
        });
        break;
      case '[':
        List(']', [&] { value.items.push_back(Value()); });
        break;
      case '"':
        value.text = Text();
        break;
      default:
        value.number = Number();
    }
    return value;
  }

 private:
  char Peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) at_++;
    CHECK(at_ < text_.size());
    return text_[at_];
  }
  void Expect(char character) {
    CHECK(Peek() == character);
    at_++;
  }
  template <typename Item>
  void List(char end, Item item) {
    at_++;
    while (Peek() != end) {
      item();
      if (Peek() == ',') at_++;
    }
    at_++;
  }
  std::string Text() {
    Expect('"');
    const size_t start = at_;
    while (text_[at_] != '"') at_++;
    return text_.substr(start, at_++ - start);
  }
  uint64_t Number() {
    char* end = nullptr;
    const uint64_t number = std::strtoull(text_.c_str() + at_, &end, 10);
    CHECK(end != text_.c_str() + at_);
    at_ = static_cast<size_t>(end - text_.c_str());
    return number;
  }

  const std::string text_;
  size_t at_ = 0;
};

}  // namespace

Json ReadJsonFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.good());
  return Parser(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>())).Value();
}

}  // namespace basalt_test
