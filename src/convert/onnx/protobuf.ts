/** Protocol Buffers encoding, as far as an ONNX graph needs it: varints and length-delimited fields. */
export class ProtobufWriter {
  readonly #bytes: number[] = [];

  /** A field of type int32, int64, enum or bool: a whole number from 0 to 2⁵³ − 1. */
  int(field: number, value: number): this {
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }

  /** Packed repeated int64. */
  ints(field: number, values: readonly number[]): this {
    const packed = new ProtobufWriter();
    for (const value of values) packed.#varint(value);
    return this.#delimited(field, packed.#bytes);
  }

  string(field: number, ...texts: string[]): this {
    for (const text of texts) this.#delimited(field, new TextEncoder().encode(text));
    return this;
  }

  message(field: number, ...messages: ProtobufWriter[]): this {
    for (const message of messages) this.#delimited(field, message.#bytes);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #delimited(field: number, content: ArrayLike<number>): this {
    this.#varint(field * 8 + 2);
    this.#varint(content.length);
    for (let i = 0; i < content.length; i++) this.#bytes.push(content[i]!); // too many for a spread
    return this;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }
}
