// What the apply thread does with one group's entries: order, clocks, terms, fragments.
#include "group-applier.h"
#include <csignal>

#include "harness.h"
#include "samples.h"

using namespace basalt;
using namespace basalt_test;

namespace {

HeldEntry Entry(uint64_t index, uint64_t term, const std::string& payload, uint8_t type = 0) {
  const Block block = MakeBlock(payload.size());
  std::memcpy(block.get(), payload.data(), payload.size());
  return HeldEntry{index, term, type, Slice(block.get(), payload.size()), block};
}

std::string Whole(uint64_t term, uint64_t hlc) { return SamplePayload({term, hlc, 0, 0}, {Put("\x10k", "v")}); }
std::string Fragment(uint64_t term, uint64_t hlc, uint32_t number, bool last = false) {
  return SamplePayload({term, hlc, static_cast<uint8_t>(last ? 3 : 1), number}, {Put("\x10k" + std::to_string(number), "v")});
}

}  // namespace

TEST(EntriesMoveTheAppliedRecord) {
  GroupApplier applier(1, AppliedRecord{10, 2, 100});
  CHECK(applier.next_index() == 11);
  CHECK(applier.Add(Entry(11, 3, "")) == nullptr);
  CHECK(applier.record().index == 11 && applier.record().term == 3 && applier.record().hlc == 100);
  CHECK(applier.Add(Entry(12, 3, "configuration", 1)) == nullptr);
  CHECK(applier.Add(Entry(13, 3, Whole(3, 101))) == nullptr);
  CHECK(applier.record().hlc == 101 && applier.collected_entries() == 3 && applier.collected_operations() == 1);
  applier.Clear();
  CHECK(!applier.has_collected() && applier.next_index() == 14);
}

TEST(ClocksAndTermsMustRise) {
  GroupApplier applier(1, AppliedRecord{10, 2, 100});
  CHECK(applier.Add(Entry(11, 2, Whole(2, 100))) != nullptr);
  CHECK(applier.Add(Entry(11, 2, Whole(1, 101))) != nullptr);
  CHECK(applier.Add(Entry(11, 1, Whole(1, 101))) != nullptr);
  CHECK(applier.Add(Entry(11, 2, Whole(2, 101))) == nullptr);
}

TEST(FragmentsWaitForTheirLast) {
  GroupApplier applier(1, AppliedRecord{0, 0, 0});
  CHECK(applier.Add(Entry(1, 1, Fragment(1, 1, 0))) == nullptr);
  CHECK(applier.Add(Entry(2, 1, Fragment(1, 2, 1))) == nullptr);
  CHECK(!applier.has_collected() && applier.record().index == 0 && applier.next_index() == 3);
  CHECK(applier.Add(Entry(3, 1, Fragment(1, 3, 2, true))) == nullptr);
  CHECK(applier.record().index == 3 && applier.collected_operations() == 3 && applier.collected_entries() == 3);
}

TEST(FragmentsAreDroppedByAnotherTerm) {
  GroupApplier applier(1, AppliedRecord{0, 0, 0});
  CHECK(applier.Add(Entry(1, 1, Fragment(1, 5, 0))) == nullptr);
  CHECK(applier.Add(Entry(2, 2, "")) == nullptr);
  CHECK(applier.record().index == 2 && applier.collected_operations() == 0);
  CHECK(applier.Add(Entry(3, 2, Whole(2, 2))) == nullptr);
  CHECK(applier.record().hlc == 2 && applier.collected_operations() == 1);
}

TEST(FragmentsOutOfPlaceAreRefused) {
  GroupApplier applier(1, AppliedRecord{0, 0, 0});
  CHECK(applier.Add(Entry(1, 1, Fragment(1, 1, 1))) != nullptr);
  CHECK(applier.Add(Entry(1, 1, Fragment(1, 1, 0))) == nullptr);
  CHECK(applier.Add(Entry(2, 1, Fragment(1, 2, 2))) != nullptr);
  CHECK(applier.Add(Entry(2, 1, Whole(1, 2))) != nullptr);
  CHECK(applier.Add(Entry(2, 1, Fragment(1, 1, 1))) != nullptr);
  CHECK(applier.Add(Entry(2, 1, Fragment(1, 2, 1, true))) == nullptr);
}

TEST(EntriesWithoutOperationsMayStandBetweenFragments) {
  GroupApplier applier(1, AppliedRecord{0, 0, 0});
  CHECK(applier.Add(Entry(1, 1, Fragment(1, 1, 0))) == nullptr);
  CHECK(applier.Add(Entry(2, 1, "")) == nullptr);
  CHECK(applier.Add(Entry(3, 1, "configuration", 2)) == nullptr);
  CHECK(!applier.has_collected() && applier.record().index == 0 && applier.next_index() == 4);
  CHECK(applier.Add(Entry(4, 1, Fragment(1, 2, 1))) == nullptr);
  CHECK(applier.Add(Entry(5, 1, "")) == nullptr);
  CHECK(applier.Add(Entry(6, 1, Fragment(1, 3, 2, true))) == nullptr);
  CHECK(applier.record().index == 6 && applier.collected_operations() == 3 && applier.collected_entries() == 6);
}

TEST(FragmentsAreDroppedByFragmentsOfAnotherTerm) {
  GroupApplier applier(1, AppliedRecord{0, 0, 0});
  CHECK(applier.Add(Entry(1, 1, Fragment(1, 5, 0))) == nullptr);
  CHECK(applier.Add(Entry(2, 1, "")) == nullptr);
  CHECK(applier.Add(Entry(3, 2, Fragment(2, 1, 0))) == nullptr);
  CHECK(applier.next_index() == 4 && applier.record().index == 0);
  CHECK(applier.Add(Entry(4, 2, Fragment(2, 2, 1, true))) == nullptr);
  CHECK(applier.record().index == 4 && applier.collected_operations() == 2 && applier.record().hlc == 2);
}

TEST(AnApplierGivesTheMemoryOfALargeBatchBack) {
  GroupApplier applier(1, AppliedRecord{0, 0, 0});
  std::vector<SampleOperation> operations;
  for (int at = 0; at < 30000; at++) operations.push_back(Put("\x10k" + std::to_string(at), "v"));
  constexpr uint32_t kFragments = 20;
  for (uint32_t number = 0; number < kFragments; number++) {
    const uint8_t flags = number + 1 == kFragments ? 3 : 1;
    CHECK(applier.Add(Entry(number + 1, 1, SamplePayload({1, number + 1, flags, number}, operations))) == nullptr);
  }
  CHECK(applier.collected_operations() == 600000 && applier.capacity_bytes() > size_t{20} << 20);
  applier.Clear();
  CHECK(applier.capacity_bytes() < size_t{8} << 20);
}

TEST(AnEntryLeftOutEndsTheProcess) {
  CHECK(RunInChild([] {
          GroupApplier applier(1, AppliedRecord{10, 2, 100});
          if (applier.Add(Entry(12, 2, "")) == nullptr) return;
        }) == 1000 + SIGABRT);
}
