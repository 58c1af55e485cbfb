// Tokens in, text out as soon as it is certain: a character whose bytes have not all come is held back.

export class TextStream {
  #ids: number[] = [];
  #told = '';

  constructor(readonly decode: (ids: readonly number[]) => string) {}

  /** The text that this token adds. */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.decode(this.#ids);
    const certain = text.endsWith('\ufffd') ? text.slice(0, -1) : text;
    // A decoder may trim what it gave before: nothing can be taken back.
    if (!certain.startsWith(this.#told)) return '';
    const added = certain.slice(this.#told.length);
    this.#told = certain;
    return added;
  }

  /** Everything so far, unfinished characters included. */
  get text(): string {
    return this.decode(this.#ids);
  }
}
