// The memtable of kv_data for RocksDB: a MemtableIndex in its own arena. Gets go through the hash table, iterators through
// the list. Only for a database that one thread writes.
#pragma once

#include <memory>

#include "rocksdb/memtablerep.h"

namespace basalt {

std::shared_ptr<rocksdb::MemTableRepFactory> IndexedMemtables();

}  // namespace basalt
