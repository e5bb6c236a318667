#include "group-table.h"

#include <algorithm>

#include "assertion.h"
#include "log-entry.h"

namespace basalt {
namespace {

/** Beyond this the oldest held entries are let go and read from the log when their turn comes. */
constexpr size_t kMaxHeldBytes = size_t{96} << 20;

}  // namespace

void GroupTable::Add(uint32_t group, const LogBounds& log, const AppliedRecord& applied) {
  std::lock_guard<std::mutex> lock(mutex_);
  Group& entry = groups_[group];
  entry.log = log;
  entry.synced_index = log.last_index;
  entry.applied = applied;
  entry.apply_target = entry.persisted_index = applied.index;
}

std::vector<uint32_t> GroupTable::groups() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<uint32_t> all;
  for (const auto& each : groups_) all.push_back(each.first);
  return all;
}

const GroupTable::Group* GroupTable::Find(uint32_t group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

LogBounds GroupTable::log_bounds(uint32_t group) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Group* found = Find(group);
  return found ? found->log : LogBounds();
}

void GroupTable::Submit(LogWork* work) {
  std::lock_guard<std::mutex> lock(mutex_);
  work->submission = ++last_submission_;
  for (LogChange& change : work->changes) {
    Group& group = groups_[change.group];
    if (change.kind == LogChange::kAppend) SubmitAppend(&group, change);
    if (change.kind == LogChange::kCutSuffix) SubmitCut(&group, &change);
    if (change.kind == LogChange::kCompact) SubmitCompact(&group, &change);
    const bool repeated = !group.unsynced_ends.empty() && group.unsynced_ends.back().first == work->submission;
    if (!repeated) group.unsynced_ends.emplace_back(work->submission, 0);
    group.unsynced_ends.back().second = group.log.last_index;
  }
}

void GroupTable::SubmitAppend(Group* group, const LogChange& change) {
  BASALT_ASSERT(change.index == group->log.last_index + 1, "an appended entry follows the one before it");
  BASALT_ASSERT(change.term > 0 && change.term >= group->log.last_term, "terms never fall along a log");
  group->log.last_index = change.index;
  group->log.last_term = change.term;
  const size_t payload_bytes = change.length - kLogEntryHeadBytes - kLogEntryTailBytes;
  const size_t before = group->held.bytes();
  group->held.Append(HeldEntry{change.index, change.term, change.entry_type,
                               Slice(change.bytes + kLogEntryHeadBytes, payload_bytes), change.block});
  held_bytes_ += group->held.bytes() - before;
  while (held_bytes_ > kMaxHeldBytes && group->held.size() > 1) {
    const size_t held = group->held.bytes();
    group->held.DropFirst();
    held_bytes_ -= held - group->held.bytes();
  }
}

void GroupTable::SubmitCut(Group* group, LogChange* change) {
  BASALT_ASSERT(change->index > group->log.truncated.index, "a compacted entry cannot be cut");
  BASALT_ASSERT(change->index > group->apply_target, "an entry that may be applied cannot be cut");
  change->first_removed = change->index;
  change->last_removed = group->log.last_index;
  group->log.last_index = std::min(group->log.last_index, change->index - 1);
  group->synced_index = std::min(group->synced_index, group->log.last_index);
  for (auto& end : group->unsynced_ends) end.second = std::min(end.second, group->log.last_index);
  const size_t before = group->held.bytes();
  group->held.CutFrom(change->index);
  held_bytes_ -= before - group->held.bytes();
  const HeldEntry* last = group->held.Find(group->log.last_index);
  group->log.last_term = last ? last->term : group->log.truncated.term;
}

void GroupTable::SubmitCompact(Group* group, LogChange* change) {
  BASALT_ASSERT(change->index >= group->log.truncated.index, "a log is never compacted backwards");
  BASALT_ASSERT(change->index <= group->persisted_index, "a log is never compacted beyond what the data has on disk");
  change->first_removed = group->log.truncated.index + 1;
  change->last_removed = std::min(change->index, group->log.last_index);
  group->log.truncated = Truncation{change->index, change->term};
  group->log.last_index = std::max(group->log.last_index, change->index);
  group->log.last_term = std::max(group->log.last_term, change->term);
}

void GroupTable::Synced(const LogWork& work) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const LogChange& change : work.changes) {
    Group& group = groups_[change.group];
    while (!group.unsynced_ends.empty() && group.unsynced_ends.front().first <= work.submission) {
      group.synced_index = group.unsynced_ends.front().second;
      group.unsynced_ends.pop_front();
    }
  }
}

uint64_t GroupTable::synced_index(uint32_t group) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Group* found = Find(group);
  return found ? found->synced_index : 0;
}

void GroupTable::SubmitApply(uint32_t group, uint64_t last_index) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = groups_.find(group);
  const uint64_t synced = found == groups_.end() ? 0 : found->second.synced_index;
  BASALT_ASSERT(last_index <= synced, "only entries that the own log has synced are applied");
  if (found != groups_.end()) found->second.apply_target = std::max(found->second.apply_target, last_index);
}

AppliedRecord GroupTable::applied(uint32_t group) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Group* found = Find(group);
  return found ? found->applied : AppliedRecord();
}

void GroupTable::Applied(uint32_t group, const AppliedRecord& record) {
  std::lock_guard<std::mutex> lock(mutex_);
  Group& entry = groups_[group];
  BASALT_ASSERT(record.index > entry.applied.index, "the applied index only rises");
  entry.applied = record;
  const size_t before = entry.held.bytes();
  entry.held.DropThrough(record.index);
  held_bytes_ -= before - entry.held.bytes();
}

uint64_t GroupTable::persisted_index(uint32_t group) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Group* found = Find(group);
  return found ? found->persisted_index : 0;
}

bool GroupTable::Persisted(uint32_t group, uint64_t index) {
  std::lock_guard<std::mutex> lock(mutex_);
  Group& entry = groups_[group];
  if (index <= entry.persisted_index) return false;
  entry.persisted_index = index;
  return true;
}

void GroupTable::TakeHeld(uint32_t group, uint64_t index, uint64_t last, size_t max_bytes,
                          std::vector<HeldEntry>* to) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Group* found = Find(group);
  if (!found) return;
  size_t bytes = 0;
  for (; index <= last; index++) {
    const HeldEntry* entry = found->held.Find(index);
    if (!entry) return;
    bytes += entry->payload.size();
    if (bytes > max_bytes && !to->empty()) return;
    to->push_back(*entry);
  }
}

uint64_t GroupTable::FirstHeldBehind(uint32_t group, uint64_t index, uint64_t last) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Group* found = Find(group);
  if (!found || found->held.empty()) return last + 1;
  const uint64_t first = found->held.first_index();
  return first > index && first <= last ? first : last + 1;
}

size_t GroupTable::held_entries() const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t count = 0;
  for (const auto& each : groups_) count += each.second.held.size();
  return count;
}

size_t GroupTable::held_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return held_bytes_;
}

}  // namespace basalt
