/** Keeps what was read last, so that a folder of any size fits into memory. */
export class Latest<T> {
  private readonly _values = new Map<string, Promise<T>>();

  constructor(private readonly _limit: number) {}

  /** Returns what is kept under a name, or reads it. What `read` throws is not kept. */
  get(name: string, read: () => Promise<T>): Promise<T> {
    const known = this._values.get(name);
    if (known) return known;
    const value = read();
    this._values.set(name, value);
    value.catch(() => this._values.delete(name));
    if (this._values.size > this._limit) this._values.delete([...this._values.keys()][0]);
    return value;
  }
}
