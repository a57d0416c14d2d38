// Pages of index files in memory, for all logs together, bounded; the ones longest unused go first.
// A page is cached only once it is full and on the file, so that it never changes but by
// truncation.

import { indexPagesMax } from '../limits.ts'

export class IndexPages {
  readonly #max: number
  readonly #pages = new Map<string, Buffer>()
  #nextFileId = 0

  constructor(max = indexPagesMax) {
    this.#max = max
  }

  get count(): number {
    return this.#pages.size
  }

  newFileId(): number {
    return this.#nextFileId++
  }

  get(fileId: number, page: number): Buffer | undefined {
    const key = `${fileId}:${page}`
    const found = this.#pages.get(key)
    if (found !== undefined) {
      this.#pages.delete(key)
      this.#pages.set(key, found)
    }
    return found
  }

  put(fileId: number, page: number, content: Buffer): void {
    this.#pages.set(`${fileId}:${page}`, content)
    if (this.#pages.size <= this.#max) return
    for (const oldest of this.#pages.keys()) {
      this.#pages.delete(oldest)
      return
    }
  }

  drop(fileId: number, pageCount: number): void {
    for (let page = 0; page < pageCount; page++) this.#pages.delete(`${fileId}:${page}`)
  }
}
