// Engines that are still open when the process ends by exit(), for which Node runs no cleanup hooks: their threads go on
// while exit() destroys what RocksDB and the standard library made statically, and would use it (seen once in some five
// hundred ends on a busy machine: a flush that logged). Such a process ends at once instead. Nothing is lost by that: what
// was acknowledged is synced, and the rest is a crash like any other.
#pragma once

namespace basalt {

class OpenEngines {
 public:
  /** Called behind the opening: what RocksDB made statically by then is not yet destroyed when the process is ended. */
  static void Add();
  static void Remove();
};

}  // namespace basalt
