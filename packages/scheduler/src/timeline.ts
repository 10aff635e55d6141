import type { SchedEntity } from './sched-entity.ts';

/**
 * The queued entities of a fair run queue in order of (deadline, insertion), each node knowing the least vruntime of
 * its subtree. A treap: a search tree whose shape follows from a fixed rank of each entity, so that it stays balanced
 * without the bookkeeping of a red-black tree. Links live in the entities.
 */
export class Timeline {
  root: SchedEntity | null = null;
  #seq = 0;
  #rank = 0x9e3779b9;

  /** Queue an entity that is in no timeline. Ties of equal deadlines go behind. */
  insert(se: SchedEntity): void {
    se.treeSeq = this.#seq++;
    // xorshift32: any well-mixed sequence will do, the order of the queue does not depend on it
    let r = this.#rank;
    r ^= r << 13;
    r ^= r >>> 17;
    r ^= r << 5;
    this.#rank = se.treeRank = r | 0;
    se.treeLeft = se.treeRight = null;
    se.minVruntime = se.vruntime;
    let parent: SchedEntity | null = null;
    let node = this.root;
    let left = false;
    while (node !== null) {
      parent = node;
      if (node.minVruntime > se.vruntime) node.minVruntime = se.vruntime;
      left = se.deadline < node.deadline;
      node = left ? node.treeLeft : node.treeRight;
    }
    se.treeParent = parent;
    if (parent === null) this.root = se;
    else if (left) parent.treeLeft = se;
    else parent.treeRight = se;
    for (let above = parent; above !== null && above.treeRank > se.treeRank; above = se.treeParent) {
      this.#rotateUp(se);
      updateMin(above);
    }
  }

  /** Take out an entity that is queued here. */
  remove(se: SchedEntity): void {
    for (;;) {
      const l = se.treeLeft;
      const r = se.treeRight;
      if (l === null || r === null) break;
      this.#rotateUp(l.treeRank < r.treeRank ? l : r);
    }
    const child = se.treeLeft ?? se.treeRight;
    const parent = se.treeParent;
    if (child !== null) child.treeParent = parent;
    if (parent === null) this.root = child;
    else if (parent.treeLeft === se) parent.treeLeft = child;
    else parent.treeRight = child;
    se.treeParent = se.treeLeft = se.treeRight = null;
    // a node whose minimum stays the same changes nothing above it
    for (let n = parent; n !== null && updateMin(n); n = n.treeParent);
  }

  /** The entity with the earliest deadline, or null. */
  first(): SchedEntity | null {
    let node = this.root;
    while (node?.treeLeft) node = node.treeLeft;
    return node;
  }

  /** Every entity, in order. For checks and for printing. */
  *[Symbol.iterator](): Generator<SchedEntity, void, void> {
    const stack: SchedEntity[] = [];
    let node = this.root;
    while (node !== null || stack.length > 0) {
      while (node !== null) {
        stack.push(node);
        node = node.treeLeft;
      }
      const se: SchedEntity = stack.pop()!;
      yield se;
      node = se.treeRight;
    }
  }

  /** Exchange an entity with its parent, whose minimum is out of date then. */
  #rotateUp(se: SchedEntity): void {
    const parent = se.treeParent!;
    const grand = parent.treeParent;
    if (parent.treeLeft === se) {
      parent.treeLeft = se.treeRight;
      if (se.treeRight !== null) se.treeRight.treeParent = parent;
      se.treeRight = parent;
    } else {
      parent.treeRight = se.treeLeft;
      if (se.treeLeft !== null) se.treeLeft.treeParent = parent;
      se.treeLeft = parent;
    }
    parent.treeParent = se;
    se.treeParent = grand;
    if (grand === null) this.root = se;
    else if (grand.treeLeft === parent) grand.treeLeft = se;
    else grand.treeRight = se;
    // the subtree is the same set as before
    se.minVruntime = parent.minVruntime;
  }
}

/** @returns whether the minimum has changed */
function updateMin(se: SchedEntity): boolean {
  const { treeLeft, treeRight } = se;
  let min = se.vruntime;
  if (treeLeft !== null && treeLeft.minVruntime < min) min = treeLeft.minVruntime;
  if (treeRight !== null && treeRight.minVruntime < min) min = treeRight.minVruntime;
  if (min === se.minVruntime) return false;
  se.minVruntime = min;
  return true;
}
