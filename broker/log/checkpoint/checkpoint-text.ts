// The text form that Kafka's checkpoint files share: a version line, a line with the number of
// entries, one line an entry.

export class CheckpointDamagedError extends Error {
  override readonly name = 'CheckpointDamagedError'
}

const version = '0'

export function formatCheckpoint(lines: readonly string[]): Buffer {
  return Buffer.from(`${[version, lines.length, ...lines].join('\n')}\n`)
}

/** The fields of each entry. Throws a CheckpointDamagedError for what is not a whole checkpoint. */
export function parseCheckpoint(content: Buffer, path: string, fieldCount: number): string[][] {
  const [foundVersion, countText, ...lines] = content.toString('utf8').split('\n')
  if (foundVersion?.trim() !== version) {
    throw new CheckpointDamagedError(`${path} has no version line ${version}`)
  }
  const entries = lines.map((line) => line.trim()).filter((line) => line !== '')
  const count = parseCheckpointNumber(countText?.trim(), path)
  if (count !== entries.length) {
    throw new CheckpointDamagedError(`${path} claims ${count} entries and has ${entries.length}`)
  }
  return entries.map((line) => {
    const fields = line.split(/\s+/)
    if (fields.length !== fieldCount)
      throw new CheckpointDamagedError(`${path} has a line "${line}"`)
    return fields
  })
}

export function parseCheckpointNumber(text: string | undefined, path: string): number {
  const value = Number(text)
  if (text === undefined || !/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new CheckpointDamagedError(`${path} has "${text}" where a number belongs`)
  }
  return value
}
