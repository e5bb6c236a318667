// Foreign bytes through every decoder: no crash, no read out of bounds (which the sanitizers see), and what is accepted
// can be walked to its end. Random bytes, and sound payloads with bytes flipped, cut, doubled and put in.
#include "crc32c.h"
#include "group-applier.h"
#include "harness.h"
#include "log-entry.h"
#include "payload.h"
#include "row-format.h"
#include "samples.h"

using namespace basalt;
using namespace basalt_test;

namespace {

/** A copy on the heap without slack, so that a read beyond the end is seen. */
class Exact {
 public:
  explicit Exact(const std::string& bytes) : bytes_(new char[bytes.size()]), length_(bytes.size()) {
    if (length_ > 0) std::memcpy(bytes_.get(), bytes.data(), length_);
  }
  Slice slice() const { return Slice(bytes_.get(), length_); }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t length_;
};

void WalkPayload(const std::string& bytes) {
  const Exact exact(bytes);
  PayloadHeader header;
  if (DecodePayloadHeader(exact.slice(), &header) != nullptr) return;
  OperationReader reader(exact.slice(), header);
  Operation operation;
  uint64_t walked = 0, sum = 0;
  while (reader.Next(&operation)) {
    walked++;
    for (size_t at = 0; at < operation.key.size(); at++) sum += static_cast<uint8_t>(operation.key[at]);
    for (size_t at = 0; at < operation.value.size(); at++) sum += static_cast<uint8_t>(operation.value[at]);
  }
  CHECK(reader.damage() != nullptr || walked == header.operation_count);
  CHECK(sum + 1 > 0);
}

std::string RandomPayload(std::mt19937_64* random) {
  std::vector<SampleOperation> operations;
  for (uint64_t left = (*random)() % 6; left > 0; left--) {
    const std::string key = "\x10" + RandomBytes(random, 40);
    switch ((*random)() % 3) {
      case 0:
        operations.push_back(Put(key, RandomBytes(random, 200)));
        break;
      case 1:
        operations.push_back(Delete(key));
        break;
      default:
        operations.push_back(DeleteRange(key, key + "\xff"));
    }
  }
  SampleHeader header;
  header.term = 1 + (*random)() % 5;
  header.hlc = (*random)() % 1000;
  header.flags = (*random)() % 4 == 0 ? static_cast<uint8_t>((*random)() % 4) : 0;
  header.fragment = header.flags != 0 ? static_cast<uint32_t>((*random)() % 3) : 0;
  return SamplePayload(header, operations);
}

void Mutate(std::mt19937_64* random, std::string* bytes) {
  for (uint64_t left = (*random)() % 4; left > 0 && !bytes->empty(); left--) {
    const size_t at = (*random)() % bytes->size();
    switch ((*random)() % 5) {
      case 0:
        (*bytes)[at] = static_cast<char>((*random)());
        break;
      case 1:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << (*random)() % 8));
        break;
      case 2:
        bytes->resize(at);
        break;
      case 3:
        bytes->insert(at, RandomBytes(random, 12));
        break;
      default:
        bytes->insert(at, bytes->substr(at, (*random)() % 20));
    }
  }
}

}  // namespace

TEST(RandomAndMutatedPayloadsAreWalkedOrRefused) {
  std::mt19937_64 random(Seed("payloads"));
  for (uint64_t round = Rounds(100000); round > 0; round--) {
    std::string bytes = random() % 8 == 0 ? RandomBytes(&random, 120) : RandomPayload(&random);
    Mutate(&random, &bytes);
    WalkPayload(bytes);
  }
}

TEST(RowsOfAllKindsAreDecodedOrRefused) {
  std::mt19937_64 random(Seed("rows"));
  for (uint64_t round = Rounds(100000); round > 0; round--) {
    std::string bytes = RandomBytes(&random, 60);
    if (!bytes.empty() && random() % 2 == 0) bytes[0] = random() % 2 == 0 ? '\x01' : '\x11';
    const Exact exact(bytes);
    HardState hard_state;
    Truncation truncation;
    AppliedRecord record;
    ElementKey parts;
    ValueHeader header;
    LogEntryView view;
    DecodeHardState(exact.slice(), &hard_state);
    DecodeTruncation(exact.slice(), &truncation);
    DecodeAppliedRecord(exact.slice(), &record);
    if (ParseElementKey(exact.slice(), &parts)) CHECK(HeaderKeyOf(parts).size() == 11 + parts.user_key.size());
    if (ReadValueHeader(exact.slice(), &header)) CHECK(header.version.size() == 8);
    DecodeLogEntry(1, 1, exact.slice(), &view);
  }
}

TEST(RandomEntriesAreAppliedOrRefused) {
  std::mt19937_64 random(Seed("entries"));
  uint64_t accepted = 0;
  for (uint64_t round = Rounds(100000) / 10; round > 0; round--) {
    GroupApplier applier(1, AppliedRecord());
    for (int left = 10; left > 0; left--) {
      std::string bytes = RandomPayload(&random);
      if (random() % 3 == 0) Mutate(&random, &bytes);
      const Block block = MakeBlock(bytes.size());
      std::memcpy(block.get(), bytes.data(), bytes.size());
      HeldEntry entry{applier.next_index(), 1 + random() % 5, random() % 10 == 0 ? uint8_t{1} : uint8_t{0},
                      Slice(block.get(), bytes.size()), block};
      const uint64_t before = applier.record().index;
      if (applier.Add(entry) != nullptr) break;
      accepted++;
      CHECK(applier.record().index >= before);
    }
  }
  CHECK(accepted > 0);
}
