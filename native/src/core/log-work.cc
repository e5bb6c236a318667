#include "log-work.h"

#include "assertion.h"
#include "log-entry.h"

namespace basalt {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

/** Where the bytes of the k-th change lie before they are copied into the block. */
struct Source {
  Slice bytes;
  bool is_payload;
};

LogChange DecodeChange(ByteReader* reader, const std::vector<Slice>& payloads, size_t* next_payload, Source* source) {
  LogChange change;
  change.kind = static_cast<LogChange::Kind>(reader->U8());
  change.group = reader->U32();
  switch (change.kind) {
    case LogChange::kAppend:
      change.index = reader->U64();
      change.term = reader->U64();
      change.entry_type = reader->U8();
      BASALT_ASSERT(*next_payload < payloads.size(), "every append of a log batch has its payload");
      *source = {payloads[(*next_payload)++], true};
      change.length = source->bytes.size() + kLogEntryHeadBytes + kLogEntryTailBytes;
      break;
    case LogChange::kHardState:
      change.hard_state.term = reader->U64();
      change.hard_state.vote = reader->U64();
      change.hard_state.commit = reader->U64();
      break;
    case LogChange::kCutSuffix:
      change.index = reader->U64();
      break;
    case LogChange::kCompact:
      change.index = reader->U64();
      change.term = reader->U64();
      break;
    case LogChange::kConfiguration:
      *source = {reader->Bytes(reader->U32()), false};
      change.length = source->bytes.size();
      break;
    default:
      BASALT_ASSERT(false, "a log batch holds only records of known kinds");
  }
  BASALT_ASSERT(!reader->failed(), "a log batch is whole");
  return change;
}

/** Copies what changes from `begin` on refer to, as far as one block goes, and returns where the next one begins. */
size_t FillBlock(LogWork* work, const std::vector<Source>& sources, size_t begin) {
  size_t bytes = 0;
  size_t end = begin;
  while (end < sources.size() && (end == begin || bytes + work->changes[end].length <= kBlockBytes)) {
    bytes += work->changes[end++].length;
  }
  const Block block = MakeBlock(bytes);
  char* at = block.get();
  for (size_t change = begin; change < end; change++) {
    LogChange& target = work->changes[change];
    const Source& source = sources[change];
    if (target.length == 0) continue;
    target.block = block;
    target.bytes = at;
    char* to = at + (source.is_payload ? kLogEntryHeadBytes : 0);
    if (!source.bytes.empty()) std::memcpy(to, source.bytes.data(), source.bytes.size());
    at += target.length;
  }
  return end;
}

}  // namespace

LogWork DecodeLogBatch(Slice control, const std::vector<Slice>& payloads) {
  LogWork work;
  std::vector<Source> sources;
  ByteReader reader(control);
  size_t next_payload = 0;
  while (reader.remaining() > 0) {
    Source source{Slice(), false};
    work.changes.push_back(DecodeChange(&reader, payloads, &next_payload, &source));
    sources.push_back(source);
    work.bytes += work.changes.back().length;
  }
  BASALT_ASSERT(next_payload == payloads.size(), "every payload of a log batch has its append");
  for (size_t begin = 0; begin < sources.size();) begin = FillBlock(&work, sources, begin);
  return work;
}

}  // namespace basalt
