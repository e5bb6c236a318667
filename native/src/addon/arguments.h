// Marshalling between JavaScript values and the core's types: no logic, no state. Malformed arguments are a mistake of
// src/storage, the only caller, and end the process like any broken invariant.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bytes.h"
#include "outcome.h"

namespace basalt {

double ToDouble(napi_env env, napi_value value);
inline uint32_t ToU32(napi_env env, napi_value value) { return static_cast<uint32_t>(ToDouble(env, value)); }
inline uint64_t ToU64(napi_env env, napi_value value) { return static_cast<uint64_t>(ToDouble(env, value)); }

/** The bytes of a Uint8Array or Buffer, valid during the call. */
Slice ToBytes(napi_env env, napi_value value);
/** A string of bytes (latin1). */
std::string ToByteString(napi_env env, napi_value value);

napi_value FromDouble(napi_env env, double value);
napi_value FromByteString(napi_env env, const std::string& bytes);
/** A fresh Buffer with a copy of the bytes. */
napi_value FromBytes(napi_env env, const char* bytes, size_t length);

/** Throws a JavaScript error with a `code` and returns undefined. */
napi_value Throw(napi_env env, const Outcome& outcome);

/** Keys as JavaScript packs them: `count` little-endian u32 lengths, then the bytes. Views into `packed`. */
std::vector<Slice> UnpackKeys(Slice packed, size_t count);

}  // namespace basalt
