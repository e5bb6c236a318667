#include "arguments.h"

#include "assertion.h"

namespace basalt {

double ToDouble(napi_env env, napi_value value) {
  double number = 0;
  BASALT_ASSERT(napi_get_value_double(env, value, &number) == napi_ok, "the addon is called with a number");
  return number;
}

Slice ToBytes(napi_env env, napi_value value) {
  void* data = nullptr;
  size_t length = 0;
  BASALT_ASSERT(napi_get_buffer_info(env, value, &data, &length) == napi_ok, "the addon is called with bytes");
  return Slice(static_cast<const char*>(data), length);
}

std::string ToByteString(napi_env env, napi_value value) {
  size_t length = 0;
  BASALT_ASSERT(napi_get_value_string_latin1(env, value, nullptr, 0, &length) == napi_ok,
                "the addon is called with a string");
  std::string bytes(length + 1, '\0');
  napi_get_value_string_latin1(env, value, &bytes[0], length + 1, &length);
  bytes.resize(length);
  return bytes;
}

napi_value FromDouble(napi_env env, double value) {
  napi_value number = nullptr;
  napi_create_double(env, value, &number);
  return number;
}

napi_value FromByteString(napi_env env, const std::string& bytes) {
  napi_value text = nullptr;
  napi_create_string_latin1(env, bytes.data(), bytes.size(), &text);
  return text;
}

napi_value FromBytes(napi_env env, const char* bytes, size_t length) {
  napi_value buffer = nullptr;
  void* data = nullptr;
  BASALT_ASSERT(napi_create_buffer(env, length, &data, &buffer) == napi_ok, "a buffer can be made");
  if (length > 0) std::memcpy(data, bytes, length);
  return buffer;
}

napi_value Throw(napi_env env, const Outcome& outcome) {
  napi_throw_error(env, outcome.code().c_str(), outcome.message().c_str());
  return nullptr;
}

std::vector<Slice> UnpackKeys(Slice packed, size_t count) {
  BASALT_ASSERT(packed.size() >= count * 4, "packed keys are whole");
  std::vector<Slice> keys(count);
  const char* at = packed.data() + count * 4;
  const char* const end = packed.data() + packed.size();
  for (size_t key = 0; key < count; key++) {
    uint32_t length;
    std::memcpy(&length, packed.data() + key * 4, 4);
    BASALT_ASSERT(length > 0 && length <= static_cast<size_t>(end - at), "packed keys are whole");
    keys[key] = Slice(at, length);
    at += length;
  }
  return keys;
}

}  // namespace basalt
