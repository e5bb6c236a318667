// Watched keys: who wants to know whether a key was changed since it was read. A change is told at evaluation, by the
// operations an evaluation leaves in the open batch, so every command of every adapter tells of what it changes without
// knowing of this; while nobody watches it costs nothing. A change that is later lost tells, too: an abort too many is
// allowed, one too few is not. When leadership is lost, everything watched counts as changed.
import type { ByteString } from "../base/index";

/** One watcher with all its keys: a client between WATCH and EXEC. */
export class Watcher {
  /** Something of what it watches was changed. */
  touched = false;
  readonly keys: WatchedKey[] = [];
}

export interface WatchedKey {
  readonly logical: number;
  readonly userKey: ByteString;
  /** What the key's header said when it was watched; null: there was none. */
  readonly seen: { readonly expiryMs: number } | null;
  /** The physical database that the logical one stands for. */
  physical: number;
  /** The logical database has become another one since; then the key has to be looked for at the end. */
  moved: boolean;
}

export class Watches {
  /** By physical database and user key. */
  private readonly watchers = new Map<number, Map<ByteString, Set<Watcher>>>();
  private readonly all = new Set<Watcher>();
  private readonly asked: { readonly watcher: Watcher; readonly key: Omit<WatchedKey, "moved"> }[] = [];

  get isEmpty(): boolean {
    return this.all.size === 0;
  }

  get watcherCount(): number {
    return this.all.size;
  }

  /**
   * Watches a key from the end of the present evaluation on: what that one itself deletes because it has expired does not
   * count. A key that the watcher has already is not watched anew: what it was first seen as counts.
   */
  watch(watcher: Watcher, key: Omit<WatchedKey, "moved">): void {
    this.asked.push({ watcher, key });
  }

  /** The present evaluation has ended, well or not. */
  evaluated(isWell: boolean): void {
    if (this.asked.length === 0) return;
    for (const { watcher, key } of this.asked.splice(0)) {
      const { logical, userKey } = key;
      if (!isWell || watcher.keys.some((known) => known.logical === logical && known.userKey === userKey))
        continue;
      watcher.keys.push({ ...key, moved: false });
      this.all.add(watcher);
      this.register(watcher, key.physical, userKey);
    }
  }

  unwatch(watcher: Watcher): void {
    for (const { physical, userKey } of watcher.keys) this.unregister(watcher, physical, userKey);
    watcher.keys.length = 0;
    this.all.delete(watcher);
  }

  /** A key of a physical database was changed. */
  touch(physical: number, userKey: ByteString): void {
    for (const watcher of this.watchers.get(physical)?.get(userKey) ?? []) watcher.touched = true;
  }

  /** Logical databases may stand for other physical ones: keys that were there are gone or are others. */
  databasesChanged(physicalOf: (logical: number) => number): void {
    for (const watcher of this.all) {
      for (const key of watcher.keys) {
        const physical = physicalOf(key.logical);
        if (physical === key.physical) continue;
        if (key.seen !== null) watcher.touched = true;
        this.unregister(watcher, key.physical, key.userKey);
        key.physical = physical;
        key.moved = true;
        this.register(watcher, physical, key.userKey);
      }
    }
  }

  /** Nothing that was read may be counted on any more. */
  touchAll(): void {
    for (const watcher of this.all) watcher.touched = true;
  }

  private register(watcher: Watcher, physical: number, userKey: ByteString): void {
    let keys = this.watchers.get(physical);
    if (keys === undefined) this.watchers.set(physical, (keys = new Map<ByteString, Set<Watcher>>()));
    const watchers = keys.get(userKey);
    if (watchers === undefined) keys.set(userKey, new Set([watcher]));
    else watchers.add(watcher);
  }

  private unregister(watcher: Watcher, physical: number, userKey: ByteString): void {
    const keys = this.watchers.get(physical);
    const watchers = keys?.get(userKey);
    if (keys === undefined || watchers === undefined) return;
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    keys.delete(userKey);
    if (keys.size === 0) this.watchers.delete(physical);
  }
}
