// Prints what a command found: JSON for programs, a table for people.

import { type Io, write } from '../command/io.ts'
import { type Column, formatTable } from './table.ts'

export async function printJson(io: Io, value: unknown): Promise<void> {
  await write(io.stdout, `${JSON.stringify(value, undefined, 2)}\n`)
}

export async function printTable<Row>(
  io: Io,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  await write(io.stdout, formatTable(columns, rows))
}

/** A line for people about what was done: on stderr, so that stdout holds results alone. */
export async function note(io: Io, line: string): Promise<void> {
  await write(io.stderr, `${line}\n`)
}
