/** Who waits: members (keys) of an owner (an organisation). */
export interface Claimant {
  readonly owner: string;
  readonly member: string;
}

/**
 * Entries that wait for a resource. Owners are served in turn, the members of an owner in turn, and the entries of a member in order of
 * arrival (round robin, as in RFC 970). An owner with many entries thus delays another one by at most one turn. No I/O and no clock.
 */
export class FairQueue<Entry extends Claimant> {
  /** In the order in which they are served next: the one that was served last is at the end. */
  readonly #owners = new Map<string, Map<string, Entry[]>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(entry: Entry): void {
    const members = this.#owners.get(entry.owner) ?? new Map<string, Entry[]>();
    const entries = members.get(entry.member) ?? [];
    entries.push(entry);
    members.set(entry.member, entries);
    this.#owners.set(entry.owner, members);
    this.#length += 1;
  }

  /** Removes an entry; false if it does not wait. */
  remove(entry: Entry): boolean {
    const members = this.#owners.get(entry.owner);
    const entries = members?.get(entry.member);
    const index = entries?.indexOf(entry) ?? -1;
    if (members === undefined || entries === undefined || index < 0) return false;
    entries.splice(index, 1);
    this.#length -= 1;
    if (entries.length === 0) members.delete(entry.member);
    if (members.size === 0) this.#owners.delete(entry.owner);
    return true;
  }

  /** Removes an entry that is served: its owner and member have had their turn. */
  serve(entry: Entry): void {
    if (!this.remove(entry)) return;
    const members = this.#owners.get(entry.owner);
    if (members === undefined) return;
    moveToEnd(this.#owners, entry.owner);
    moveToEnd(members, entry.member);
  }

  /**
   * The entries in the order in which they are served if all of them are. Entries must not be added or removed during the iteration; one
   * that is needed only until the first match costs nothing for the rest.
   */
  *inOrder(): Generator<Entry> {
    const turns = [...this.#owners.values()].map((members) => alternating([...members.values()]));
    yield* alternating(turns);
  }

  /** The first entry; undefined if none waits. */
  first(): Entry | undefined {
    for (const members of this.#owners.values()) for (const entries of members.values()) return entries[0];
    return undefined;
  }

  /** Removes and returns all entries. */
  drain(): Entry[] {
    const all = [...this.inOrder()];
    this.#owners.clear();
    this.#length = 0;
    return all;
  }
}

function moveToEnd<Value>(map: Map<string, Value>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}

/** The values of several lists in turn. */
function* alternating<Value>(lists: readonly Iterable<Value>[]): Generator<Value> {
  let iterators = lists.map((list) => list[Symbol.iterator]());
  while (iterators.length > 0) {
    const open: Iterator<Value>[] = [];
    for (const iterator of iterators) {
      const next = iterator.next();
      if (next.done) continue;
      yield next.value;
      open.push(iterator);
    }
    iterators = open;
  }
}
