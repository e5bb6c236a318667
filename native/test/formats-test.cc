// The codecs against the golden vectors that the TypeScript codecs are held against too.
#include <cstdlib>

#include "crc32c.h"
#include "harness.h"
#include "json.h"
#include "log-entry.h"
#include "payload.h"
#include "row-format.h"

using namespace basalt;
using namespace basalt_test;

namespace {

const Json& Vectors() {
  static const Json vectors = ReadJsonFile(std::string(BASALT_VECTORS) + "/formats.json");
  return vectors;
}

}  // namespace

TEST(ChecksumsMatchTheVectors) {
  for (const Json& each : Vectors()["crc32c"].items) {
    const std::string data = each["data"].bytes();
    CHECK(Crc32c(0, data.data(), data.size()) == each["crc"].number);
    CHECK(Crc32cByTable(0, data.data(), data.size()) == each["crc"].number);
    const size_t half = data.size() / 2;
    CHECK(Crc32c(Crc32c(0, data.data(), half), data.data() + half, data.size() - half) == each["crc"].number);
  }
}

TEST(ChecksumsOfInstructionAndTableAreEqual) {
  std::mt19937_64 random(Seed("checksums"));
  for (int round = 0; round < 2000; round++) {
    const std::string data = RandomBytes(&random, 300);
    const size_t skip = data.empty() ? 0 : random() % data.size();
    const uint32_t start = static_cast<uint32_t>(random());
    CHECK(Crc32c(start, data.data() + skip, data.size() - skip) ==
          Crc32cByTable(start, data.data() + skip, data.size() - skip));
  }
}

TEST(LogEntriesMatchTheVectors) {
  for (const Json& each : Vectors()["logEntries"].items) {
    const uint32_t group = static_cast<uint32_t>(each["group"].number);
    const uint64_t index = each["index"].number;
    const std::string payload = each["payload"].bytes();
    const std::string expected = each["value"].bytes();
    CHECK(LogKey(group, index) == each["key"].bytes());
    std::string row(kLogEntryHeadBytes, '\0');
    row += payload + std::string(kLogEntryTailBytes, '\0');
    SealLogEntry(group, index, each["term"].number, static_cast<uint8_t>(each["type"].number), &row[0], row.size());
    CHECK(row == expected);
    LogEntryView view;
    CHECK(DecodeLogEntry(group, index, expected, &view) == nullptr);
    CHECK(view.term == each["term"].number && view.type == each["type"].number && view.payload == payload);
    CHECK(DecodeLogEntry(group, index + 1, expected, &view) != nullptr);
    for (size_t at = 0; at < expected.size(); at++) {
      std::string damaged = expected;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      CHECK(DecodeLogEntry(group, index, damaged, &view) != nullptr);
      CHECK(DecodeLogEntry(group, index, Slice(expected.data(), at), &view) != nullptr);
    }
  }
}

TEST(StateRecordsMatchTheVectors) {
  for (const Json& each : Vectors()["hardStates"].items) {
    HardState state;
    CHECK(DecodeHardState(each["value"].bytes(), &state));
    CHECK(state.term == each["term"].number && state.vote == each["vote"].number);
    CHECK(state.commit == each["commit"].number && EncodeHardState(state) == each["value"].bytes());
    CHECK(!DecodeHardState(each["value"].bytes() + "x", &state));
  }
  for (const Json& each : Vectors()["truncations"].items) {
    Truncation truncation;
    CHECK(DecodeTruncation(each["value"].bytes(), &truncation));
    CHECK(truncation.index == each["index"].number && truncation.term == each["term"].number);
    CHECK(EncodeTruncation(truncation) == each["value"].bytes());
  }
  for (const Json& each : Vectors()["appliedRecords"].items) {
    AppliedRecord record;
    const std::string value = each["value"].bytes();
    CHECK(DecodeAppliedRecord(value, &record));
    CHECK(record.index == each["index"].number && record.term == each["term"].number);
    CHECK(record.hlc == (each["hlcMs"].number << 16 | each["hlcCounter"].number));
    std::string encoded(kAppliedRecordBytes, '\0');
    PutAppliedRecord(&encoded[0], record);
    CHECK(encoded == value);
    CHECK(!DecodeAppliedRecord(Slice(value.data(), value.size() - 1), &record));
  }
}

TEST(PayloadsMatchTheVectors) {
  const std::vector<Json>& operations = Vectors()["operations"].items;
  for (const Json& each : Vectors()["payloads"].items) {
    const std::string bytes = each["bytes"].bytes();
    PayloadHeader header;
    CHECK(DecodePayloadHeader(bytes, &header) == nullptr);
    CHECK(header.flags == each["flags"].number && header.term == each["term"].number);
    CHECK(header.route_epoch == each["routeEpoch"].number && header.fragment == each["fragment"].number);
    CHECK(header.hlc == (each["hlcMs"].number << 16 | each["hlcCounter"].number));
    CHECK(header.operation_count == each["operationCount"].number);
    OperationReader reader(bytes, header);
    Operation operation;
    for (const Json& position : each["operations"].items) {
      const Json& expected = operations[position.number];
      CHECK(reader.Next(&operation));
      CHECK(static_cast<uint64_t>(operation.tag) == expected["tag"].number);
      CHECK(operation.key == expected["key"].bytes() && operation.value == expected["value"].bytes());
    }
    CHECK(!reader.Next(&operation) && reader.damage() == nullptr);
  }
}

TEST(RefusedPayloadsAreRefused) {
  const Json refused = ReadJsonFile(std::string(BASALT_VECTORS) + "/refused-payloads.json");
  for (const Json& each : refused["refusedPayloads"].items) {
    const std::string bytes = each["bytes"].bytes();
    PayloadHeader header;
    const char* damage = DecodePayloadHeader(bytes, &header);
    if (!damage) {
      OperationReader reader(bytes, header);
      Operation operation;
      while (reader.Next(&operation)) continue;
      damage = reader.damage();
    }
    if (!damage) std::fprintf(stderr, "accepted: %s\n", each["why"].text.c_str());
    CHECK(damage != nullptr);
  }
}

TEST(ElementKeysMatchTheVectors) {
  for (const Json& each : Vectors()["elementPrefixes"].items) {
    const std::string prefix = each["key"].bytes();
    const std::string user_key = each["userKey"].bytes();
    const std::string key = prefix + "sub-key";
    ElementKey parts;
    CHECK(ParseElementKey(key, &parts));
    CHECK(parts.prefix_bytes == prefix.size() && parts.database == each["db"].number);
    CHECK(parts.user_key == user_key);
    std::string version;
    AppendU64(&version, each["versionMs"].number << 16 | each["versionCounter"].number);
    CHECK(parts.version == version);
    CHECK(HeaderKeyOf(parts) == "\x10" + prefix.substr(1, 10) + user_key);
    for (size_t length = 0; length < prefix.size(); length++) {
      CHECK(!ParseElementKey(Slice(prefix.data(), length), &parts));
    }
  }
}

TEST(ValueHeadersMatchTheVectors) {
  for (const Json& each : Vectors()["valueHeaders"].items) {
    const std::string value = each["value"].bytes();
    ValueHeader header;
    CHECK(ReadValueHeader(value, &header));
    CHECK(header.encoding == each["encoding"].number && header.expiry_ms == each["expiryMs"].number);
    std::string version;
    AppendU64(&version, each["versionMs"].number << 16 | each["versionCounter"].number);
    CHECK(header.version == version);
    CHECK(!ReadValueHeader(Slice(value.data(), 12), &header));
    CHECK(!ReadValueHeader("\x02" + value.substr(1), &header));
    // A flag of a later version may move or void what follows: it is never read over.
    std::string later = value;
    later[3] = static_cast<char>(later[3] | 2);
    CHECK(!ReadValueHeader(later, &header));
  }
}
