// The ordered rows of the in-memory twin: a B+-tree whose nodes are copied along the path of a change, so that an image
// of everything costs one pointer and stays as it was. That is how snapshots are pinned and how a flush persists data
// and applied index atomically. Nodes written since the last image are owned by the running edit and changed in place.
// Keys are ByteStrings; JavaScript compares them by code unit, which is byte order.
import type { ByteString } from "../../base/index";

const MAX_ITEMS = 32;
const MIN_ITEMS = 8;

/** Names the writes between two images: an empty object, compared by identity. */
type Edit = object;

class Leaf {
  constructor(
    readonly edit: Edit,
    readonly keys: ByteString[],
    readonly values: ByteString[],
  ) {}
}

/** keys[i] lies above every key of children[i] and at or below every key of children[i + 1]. */
class Branch {
  constructor(
    readonly edit: Edit,
    readonly keys: ByteString[],
    readonly children: Node[],
  ) {}
}

type Node = Leaf | Branch;

interface Split {
  readonly separator: ByteString;
  readonly right: Node;
}

/** Returns false to end the walk. */
export type RowVisitor = (key: ByteString, value: ByteString) => boolean;

export interface Row {
  readonly key: ByteString;
  readonly value: ByteString;
}

/** The position of the first key at or above `key`. */
function lowerBound(keys: readonly ByteString[], key: ByteString): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position of the child that `key` belongs to. */
function childOf(branch: Branch, key: ByteString): number {
  const at = lowerBound(branch.keys, key);
  return branch.keys[at] === key ? at + 1 : at;
}

function itemsOf(node: Node): number {
  return node instanceof Leaf ? node.keys.length : node.children.length;
}

function walkUp(node: Node, lower: ByteString, upper: ByteString, visit: RowVisitor): boolean {
  if (node instanceof Leaf) {
    for (let at = lowerBound(node.keys, lower); at < node.keys.length; at++) {
      const key = node.keys[at]!;
      if (key >= upper || !visit(key, node.values[at]!)) return false;
    }
    return true;
  }
  for (let at = childOf(node, lower); at < node.children.length; at++) {
    if (at > 0 && node.keys[at - 1]! >= upper) return false;
    if (!walkUp(node.children[at]!, lower, upper, visit)) return false;
  }
  return true;
}

function walkDown(node: Node, lower: ByteString, upper: ByteString, visit: RowVisitor): boolean {
  if (node instanceof Leaf) {
    for (let at = lowerBound(node.keys, upper) - 1; at >= 0; at--) {
      const key = node.keys[at]!;
      if (key < lower || !visit(key, node.values[at]!)) return false;
    }
    return true;
  }
  for (let at = childOf(node, upper); at >= 0; at--) {
    if (at < node.keys.length && node.keys[at]! <= lower) return false;
    if (!walkDown(node.children[at]!, lower, upper, visit)) return false;
  }
  return true;
}

/** All rows as they were at one moment; never changes. */
export class RowImage {
  static readonly empty = new RowImage(new Leaf({}, [], []));

  constructor(readonly root: Node) {}

  get(key: ByteString): ByteString | undefined {
    let node = this.root;
    while (node instanceof Branch) node = node.children[childOf(node, key)]!;
    const at = lowerBound(node.keys, key);
    return node.keys[at] === key ? node.values[at] : undefined;
  }

  /** Visits the rows of [lower, upper) upwards, or downwards when `reverse`, until the visitor returns false. */
  walk(lower: ByteString, upper: ByteString, reverse: boolean, visit: RowVisitor): void {
    if (reverse) walkDown(this.root, lower, upper, visit);
    else walkUp(this.root, lower, upper, visit);
  }

  /** The first row of [lower, upper). */
  first(lower: ByteString, upper: ByteString): Row | undefined {
    let row: Row | undefined;
    walkUp(this.root, lower, upper, (key, value) => {
      row = { key, value };
      return false;
    });
    return row;
  }
}

export class OrderedMap {
  private root: Node;
  private edit: Edit = {};

  constructor(start: RowImage = RowImage.empty) {
    this.root = start.root;
  }

  /** Everything as it is now; O(1). */
  image(): RowImage {
    this.edit = {};
    return new RowImage(this.root);
  }

  put(key: ByteString, value: ByteString): void {
    const root = this.own(this.root);
    const split = this.putInto(root, key, value);
    this.root = split ? new Branch(this.edit, [split.separator], [root, split.right]) : root;
  }

  delete(key: ByteString): void {
    if (new RowImage(this.root).get(key) !== undefined) this.deleteRange(key, key + "\0");
  }

  /** Deletes the rows of [lower, upper). */
  deleteRange(lower: ByteString, upper: ByteString): void {
    if (lower >= upper) return;
    let root = this.own(this.root);
    this.deleteFrom(root, lower, upper);
    while (root instanceof Branch && root.children.length === 1) root = root.children[0]!;
    this.root = itemsOf(root) === 0 ? RowImage.empty.root : root;
  }

  /** The node itself if the running edit made it, else a copy that it owns. */
  private own(node: Node): Node {
    if (node.edit === this.edit) return node;
    return node instanceof Leaf
      ? new Leaf(this.edit, node.keys.slice(), node.values.slice())
      : new Branch(this.edit, node.keys.slice(), node.children.slice());
  }

  private ownChild(branch: Branch, at: number): Node {
    const child = this.own(branch.children[at]!);
    branch.children[at] = child;
    return child;
  }

  private putInto(node: Node, key: ByteString, value: ByteString): Split | undefined {
    if (node instanceof Leaf) {
      const at = lowerBound(node.keys, key);
      if (node.keys[at] === key) {
        node.values[at] = value;
        return undefined;
      }
      node.keys.splice(at, 0, key);
      node.values.splice(at, 0, value);
      if (node.keys.length <= MAX_ITEMS) return undefined;
      const half = node.keys.length >>> 1;
      const right = new Leaf(this.edit, node.keys.splice(half), node.values.splice(half));
      return { separator: right.keys[0]!, right };
    }
    const at = childOf(node, key);
    const split = this.putInto(this.ownChild(node, at), key, value);
    if (!split) return undefined;
    node.keys.splice(at, 0, split.separator);
    node.children.splice(at + 1, 0, split.right);
    if (node.children.length <= MAX_ITEMS) return undefined;
    const half = node.children.length >>> 1;
    const right = new Branch(this.edit, node.keys.splice(half), node.children.splice(half));
    return { separator: node.keys.pop()!, right };
  }

  private deleteFrom(node: Node, lower: ByteString, upper: ByteString): void {
    if (node instanceof Leaf) {
      const first = lowerBound(node.keys, lower);
      const count = lowerBound(node.keys, upper) - first;
      node.keys.splice(first, count);
      node.values.splice(first, count);
      return;
    }
    const first = childOf(node, lower);
    const last = childOf(node, upper);
    this.deleteFrom(this.ownChild(node, first), lower, upper);
    if (last > first) {
      this.deleteFrom(this.ownChild(node, last), lower, upper);
      const between = last - first - 1;
      node.children.splice(first + 1, between);
      node.keys.splice(first, between);
      this.tidy(node, first + 1);
    }
    this.tidy(node, first);
  }

  /** Removes an empty child, and joins a small one with a neighbour it fits beside. */
  private tidy(branch: Branch, at: number): void {
    const child = branch.children[at];
    if (child === undefined || itemsOf(child) >= MIN_ITEMS) return;
    if (itemsOf(child) === 0) {
      branch.children.splice(at, 1);
      branch.keys.splice(at === 0 ? 0 : at - 1, 1);
      return;
    }
    const left = at > 0 ? at - 1 : at;
    const neighbour = branch.children[at > 0 ? at - 1 : at + 1];
    if (neighbour === undefined || itemsOf(neighbour) + itemsOf(child) > MAX_ITEMS) return;
    if (itemsOf(neighbour) === 0) return;
    const joined = this.ownChild(branch, left);
    const right = branch.children[left + 1]!;
    if (joined instanceof Leaf && right instanceof Leaf) {
      joined.keys.push(...right.keys);
      joined.values.push(...right.values);
    } else if (joined instanceof Branch && right instanceof Branch) {
      joined.keys.push(branch.keys[left]!, ...right.keys);
      joined.children.push(...right.children);
    }
    branch.children.splice(left + 1, 1);
    branch.keys.splice(left, 1);
  }
}
