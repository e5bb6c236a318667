#include "instances.h"

#include <algorithm>
#include <utility>

#include "instance-options.h"
#include "log-file-system.h"
#include "rocksdb/convenience.h"
#include "rocksdb/listener.h"
#include "row-format.h"

namespace basalt {
namespace {

class Listener : public rocksdb::EventListener {
 public:
  Listener(std::string name, Instances::ErrorCallback on_error, Instances::FlushCallback on_flush)
      : name_(std::move(name)), on_error_(std::move(on_error)), on_flush_(std::move(on_flush)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason, Status* status) override {
    on_error_("The storage instance " + name_ + " failed: " + status->ToString() + ".");
  }

  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }

  // An iterator over range tombstones can swallow the error of a read before RocksDB 8.5, so reads tell theirs here too.
  bool ShouldBeNotifiedOnFileIO() override { return on_flush_ != nullptr; }
  void OnIOError(const rocksdb::IOErrorInfo& info) override {
    on_error_("An operation on " + info.file_path + " failed: " + info.io_status.ToString() + ".");
  }

  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    if (on_flush_) on_flush_();
  }

 private:
  const std::string name_;
  const Instances::ErrorCallback on_error_;
  const Instances::FlushCallback on_flush_;
};

Outcome OpenFailed(const std::string& path, const Status& status) {
  if (status.IsCorruption()) {
    return Outcome("STORAGE_CORRUPT", "The files in " + path + " are damaged (" + status.ToString() +
                                          "); the node did not start from them. Restore this node from another copy.");
  }
  return Outcome("STORAGE_OPEN_FAILED", "The files in " + path + " cannot be opened (" + status.ToString() +
                                            "). Nothing was started.");
}

using Families = std::vector<rocksdb::ColumnFamilyDescriptor>;
using Handles = std::vector<ColumnFamilyHandle*>;

/** Later releases of RocksDB hand the database over as a unique_ptr; the last parameter prefers that form. */
template <typename Database>
auto OpenDatabase(const rocksdb::DBOptions& options, const std::string& path, const Families& families,
                  Handles* handles, std::unique_ptr<Database>* database, int)
    -> decltype(Database::Open(options, path, families, handles, database)) {
  return Database::Open(options, path, families, handles, database);
}

template <typename Database>
Status OpenDatabase(const rocksdb::DBOptions& options, const std::string& path, const Families& families,
                    Handles* handles, std::unique_ptr<Database>* database, long) {
  Database* opened = nullptr;
  const Status status = Database::Open(options, path, families, handles, &opened);
  database->reset(opened);
  return status;
}

/** The name of a column family that is on disk and not among ours; empty if there is none. */
std::string UnknownFamily(const rocksdb::DBOptions& options, const std::string& path, const Families& families) {
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, path, &names).ok()) return std::string();
  for (const std::string& name : names) {
    const auto is_named = [&name](const rocksdb::ColumnFamilyDescriptor& family) { return family.name == name; };
    if (std::none_of(families.begin(), families.end(), is_named)) return name;
  }
  return std::string();
}

Outcome OpenInstance(const rocksdb::DBOptions& options, const std::string& path,
                     const Families& families, Handles* handles, std::unique_ptr<rocksdb::DB>* database) {
  const Status status = OpenDatabase(options, path, families, handles, database, 0);
  if (status.ok()) return Outcome();
  const std::string unknown = status.IsInvalidArgument() ? UnknownFamily(options, path, families) : std::string();
  if (unknown.empty()) return OpenFailed(path, status);
  return Outcome("DIR_FORMAT", "The files in " + path + " are of a later format: this program knows no column family " +
                                   unknown + ". Use the program that wrote them, or another directory.");
}

std::shared_ptr<rocksdb::Statistics> Counters() {
  std::shared_ptr<rocksdb::Statistics> statistics = rocksdb::CreateDBStatistics();
  statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  return statistics;
}

void CloseInstance(std::unique_ptr<rocksdb::DB>* database, std::vector<ColumnFamilyHandle*>* handles) {
  if (!*database) return;
  rocksdb::CancelAllBackgroundWork(database->get(), true);
  for (ColumnFamilyHandle* handle : *handles) (*database)->DestroyColumnFamilyHandle(handle);
  handles->clear();
  (*database)->Close();
  database->reset();
}

}  // namespace

rocksdb::Env* Instances::EnvironmentOf(const EngineOptions& options) {
  rocksdb::Env* base = rocksdb::Env::Default();
  // A flush or compaction of the log must not wait for those of the data: the threads are shared, so there is one for each
  // job that both instances may run at once (of max_background_jobs, a quarter are flushes).
  base->SetBackgroundThreads(2, rocksdb::Env::HIGH);
  base->SetBackgroundThreads(4, rocksdb::Env::LOW);
  if (!options.file_system) return base;
  if (!environment_) environment_ = rocksdb::NewCompositeEnv(options.file_system);
  return environment_.get();
}

rocksdb::Env* Instances::LogEnvironmentOf(const EngineOptions& options) {
  rocksdb::Env* base = EnvironmentOf(options);
  // What is not synced gains nothing.
  if (!options.sync) return base;
  if (!log_environment_) {
    log_environment_ = rocksdb::NewCompositeEnv(std::make_shared<LogFileSystem>(base->GetFileSystem()));
  }
  return log_environment_.get();
}

Outcome Instances::OpenLog(const EngineOptions& options, const std::string& path, ErrorCallback on_error) {
  if (!cache_) cache_ = BlockCache(options.cache_bytes);
  rocksdb::DBOptions instance = LogInstanceOptions();
  instance.env = LogEnvironmentOf(options);
  instance.statistics = log_statistics_ = Counters();
  instance.listeners.push_back(std::make_shared<Listener>("log", std::move(on_error), nullptr));
  const rocksdb::ColumnFamilyOptions small = SmallFamilyOptions(cache_);
  Outcome outcome = OpenInstance(instance, path,
                                 {{rocksdb::kDefaultColumnFamilyName, small},
                                  {"raft_log", RaftLogOptions(cache_)},
                                  {"raft_state", small},
                                  {"snapshots", small},
                                  {"metadata", small}},
                                 &log_handles_, &log_);
  if (!outcome.ok()) return outcome;
  raft_log = log_handles_[1];
  raft_state = log_handles_[2];
  snapshots = log_handles_[3];
  metadata = log_handles_[4];
  return Outcome();
}

Outcome Instances::OpenData(const EngineOptions& options, const std::string& path, ErrorCallback on_error,
                            FlushCallback on_data_flush) {
  rocksdb::DBOptions instance = DataInstanceOptions();
  instance.env = EnvironmentOf(options);
  instance.statistics = data_statistics_ = Counters();
  instance.listeners.push_back(std::make_shared<Listener>("data", std::move(on_error), std::move(on_data_flush)));
  Outcome outcome = OpenInstance(instance, path,
                                 {{rocksdb::kDefaultColumnFamilyName, SmallFamilyOptions(cache_)},
                                  {"kv_data", KeyValueOptions(options, cache_)},
                                  {"tombstones", TombstoneOptions(cache_)}},
                                 &data_handles_, &data_);
  if (!outcome.ok()) return outcome;
  key_values = data_handles_[1];
  tombstones = data_handles_[2];
  return Outcome();
}

void Instances::Close() {
  CloseInstance(&data_, &data_handles_);
  CloseInstance(&log_, &log_handles_);
}

ColumnFamilyHandle* Instances::FamilyOfSpace(uint8_t space) const {
  return space < space::kTombstone ? key_values : tombstones;
}

}  // namespace basalt
