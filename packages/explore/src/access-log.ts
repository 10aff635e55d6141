import { Precedence, type Access } from '@kernel-model/sim';

/**
 * What the steps of one execution touched. Variables are small numbers: an even one is the queue of lane v/2, an odd
 * one the field of an object, numbered in the order in which the execution met them. An access is a number, too:
 * twice the variable, plus 1 for a write.
 */
export class AccessLog {
  /** Number of steps. */
  steps = 0;
  /** Lane of each step. */
  readonly lane: number[] = [];
  /** Whether the step depends on all others, because it lets time pass. */
  readonly global: boolean[] = [];
  /** Where the accesses of each step begin in {@link accesses}; one place more than there are steps. */
  readonly start: number[] = [0];
  /** The accesses of all steps. */
  readonly accesses: number[] = [];
  /** Number of fields met so far: their variables are 1, 3, 5 ... */
  fields = 0;
  /** Identity of the field's name, by field; the same in all executions. */
  readonly nameOf: number[] = [];
  /** By field, whether it is one of a {@link Precedence}. */
  readonly #fixes: boolean[] = [];
  #anyFixes = false;
  readonly #fieldName: string[] = [];
  /** The object's next field, -1 if there is none. */
  readonly #nextField: number[] = [];
  readonly #firstField = new Map<object, number>();
  readonly #names = new Map<string, number>();
  /** What a lane announced for its next step. */
  readonly #announced: number[][] = [];

  /** Forget the execution. */
  clear(): void {
    this.steps = this.fields = 0;
    this.#anyFixes = false;
    this.accesses.length = 0;
    this.#firstField.clear();
    for (let i = 0; i < this.#announced.length; i++) this.#announced[i]!.length = 0;
  }

  /** The next step begins. It takes an event from its lane's queue, and does what the lane announced. */
  begin(lane: number, global: boolean): void {
    const s = this.steps++;
    this.lane[s] = lane;
    this.global[s] = global;
    this.accesses.push(lane * 4 + 1);
    while (this.#announced.length <= lane) this.#announced.push([]);
    const announced = this.#announced[lane]!;
    for (let i = 0; i < announced.length; i++) this.accesses.push(announced[i]!);
    announced.length = 0;
    this.start[s + 1] = this.accesses.length;
  }

  /** The running step touches something, or announces what its lane's next step will. */
  add(access: Access, announced: boolean): void {
    const code = (this.#field(access.object, access.field) * 2 + 1) * 2 + access.kind;
    if (this.steps === 0) return;
    if (announced) {
      this.#announced[access.lane]!.push(code);
    } else {
      this.accesses.push(code);
      this.start[this.steps] = this.accesses.length;
    }
  }

  /** The running step changes the queue of a lane. */
  posted(lane: number): void {
    if (this.steps === 0) return;
    this.accesses.push(lane * 4 + 1);
    this.start[this.steps] = this.accesses.length;
  }

  /** Whether step s changed the queue of a lane. */
  posts(s: number, lane: number): boolean {
    for (let i = this.start[s]!; i < this.start[s + 1]!; i++) if (this.accesses[i] === lane * 4 + 1) return true;
    return false;
  }

  /** Whether two steps depend on each other. */
  dependent(a: number, b: number): boolean {
    if (this.global[a]! || this.global[b]!) return true;
    for (let i = this.start[a]!; i < this.start[a + 1]!; i++) {
      const x = this.accesses[i]!;
      for (let k = this.start[b]!; k < this.start[b + 1]!; k++) {
        const y = this.accesses[k]!;
        if (x >> 1 === y >> 1 && ((x | y) & 1) === 1) return true;
      }
    }
    return false;
  }

  /** Whether nothing can bring step b before step a, because a wrote what fixes their order and b read it. */
  precedes(a: number, b: number): boolean {
    if (!this.#anyFixes) return false;
    for (let i = this.start[a]!; i < this.start[a + 1]!; i++) {
      const x = this.accesses[i]!;
      if ((x & 3) !== 3 || !this.#fixes[x >> 2]!) continue;
      for (let k = this.start[b]!; k < this.start[b + 1]!; k++) if (this.accesses[k] === x - 1) return true;
    }
    return false;
  }

  #field(object: object, name: string): number {
    const first = this.#firstField.get(object) ?? -1;
    let last = -1;
    for (let f = first; f !== -1; f = this.#nextField[f]!) {
      if (this.#fieldName[f] === name) return f;
      last = f;
    }
    const f = this.fields++;
    this.#fieldName[f] = name;
    this.#nextField[f] = -1;
    this.nameOf[f] = this.#nameId(name);
    this.#fixes[f] = object instanceof Precedence;
    this.#anyFixes ||= this.#fixes[f];
    if (last === -1) this.#firstField.set(object, f);
    else this.#nextField[last] = f;
    return f;
  }

  #nameId(name: string): number {
    let id = this.#names.get(name);
    if (id === undefined) {
      id = this.#names.size;
      this.#names.set(name, id);
    }
    return id;
  }
}
