const START = 256;
const LEAST_TWO_BYTES = 0x80;

/**
 * Writes a message in the protobuf wire format: the three kinds of fields that a Perfetto trace needs. A library would
 * bring a run time and a schema of hundreds of messages for this.
 */
export class ProtoWriter {
  #bytes = new Uint8Array(START);
  #length = 0;

  /** Number of bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written; valid until the next call. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begin again with nothing. */
  clear(): void {
    this.#length = 0;
  }

  /** A field of a type int32, int64, uint32, uint64, bool or an enum. @param value a safe integer, or a bigint */
  int(field: number, value: number | bigint): void {
    this.#key(field, 0);
    if (typeof value === 'number' && value >= 0) this.#varint(value);
    else this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
  }

  /** A field of type fixed64. @param value not negative */
  fixed64(field: number, value: number): void {
    this.#key(field, 1);
    this.#room(8);
    const view = new DataView(this.#bytes.buffer, this.#length);
    view.setBigUint64(0, BigInt(value), true);
    this.#length += 8;
  }

  /** A field of type string, or of type bytes with UTF-8 in it. */
  string(field: number, value: string): void {
    this.#sized(field, utf8(value));
  }

  /** A field that is a message. */
  message(field: number, { bytes }: ProtoWriter): void {
    this.#sized(field, bytes);
  }

  #sized(field: number, bytes: ArrayLike<number>): void {
    this.#key(field, 2);
    this.#varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #key(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest >= LEAST_TWO_BYTES) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #bigVarint(value: bigint): void {
    this.#room(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** The bytes of a text; what is no character becomes U+FFFD. */
function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code >= 0xd800 && code < 0xe000) bytes.push(0xef, 0xbf, 0xbd);
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return bytes;
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}
