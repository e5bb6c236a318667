#include "log-work.h"

#include "assertion.h"
#include "log-entry.h"

namespace basalt {
namespace {

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
  work.block = MakeBlock(work.bytes);
  char* at = work.block.get();
  for (size_t change = 0; change < sources.size(); change++) {
    const Source& source = sources[change];
    if (work.changes[change].length == 0) continue;
    work.changes[change].bytes = at;
    char* to = at + (source.is_payload ? kLogEntryHeadBytes : 0);
    if (!source.bytes.empty()) std::memcpy(to, source.bytes.data(), source.bytes.size());
    at += work.changes[change].length;
  }
  return work;
}

}  // namespace basalt
