// A file's content in memory, in two states: what processes see (the page cache) and what the
// device holds. Power loss keeps the second, and any of the pages that were on their way.

const pageBytes = 4096

export class MemoryInode {
  content: Buffer = Buffer.alloc(0)
  sizeBytes = 0
  modifiedMs = 0
  /** For tests that watch how much is read. */
  onRead: (bytes: number) => void = () => undefined
  #durable: Buffer = Buffer.alloc(0)

  read(buffer: Buffer, start: number, length: number, position: number): number {
    const end = Math.min(this.sizeBytes, position + length)
    this.onRead(Math.max(0, end - position))
    return end <= position ? 0 : this.content.copy(buffer, start, position, end)
  }

  write(bytes: Buffer, position: number): void {
    this.#reserve(position + bytes.length)
    bytes.copy(this.content, position)
    this.sizeBytes = Math.max(this.sizeBytes, position + bytes.length)
  }

  truncate(sizeBytes: number): void {
    this.#reserve(sizeBytes)
    this.content.fill(0, Math.min(sizeBytes, this.sizeBytes))
    this.sizeBytes = sizeBytes
  }

  sync(): void {
    this.#durable = Buffer.from(this.bytes())
  }

  bytes(): Buffer {
    return this.content.subarray(0, this.sizeBytes)
  }

  /** As a crash of the process alone leaves it. */
  copy(): MemoryInode {
    const copy = new MemoryInode()
    copy.write(this.bytes(), 0)
    copy.modifiedMs = this.modifiedMs
    copy.#durable = this.#durable
    return copy
  }

  /** As power loss leaves it: each page, and the size, is the old one or the new one. */
  afterPowerLoss(random: () => number): MemoryInode {
    const copy = new MemoryInode()
    const low = Math.min(this.#durable.length, this.sizeBytes)
    const high = Math.max(this.#durable.length, this.sizeBytes)
    const mode = random()
    const size =
      mode < 0.4 ? high : mode < 0.6 ? low : low + Math.floor(random() * (high - low + 1))
    copy.truncate(size)
    const keepAll = random() < 0.3
    for (let at = 0; at < size; at += pageBytes) {
      const source = keepAll || random() < 0.6 ? this.bytes() : this.#durable
      copy.write(source.subarray(at, Math.min(at + pageBytes, size)), at)
    }
    copy.truncate(size)
    copy.sync()
    return copy
  }

  #reserve(size: number): void {
    if (size <= this.content.length) return
    const grown = Buffer.alloc(Math.max(size, this.content.length * 2, 1024))
    this.content.copy(grown, 0, 0, this.sizeBytes)
    this.content = grown
  }
}
