// Tables for people: columns as wide as their widest cell, numbers to the right.

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number | null
}

/** '-' stands for what is not known, so that every row has as many words as there are columns. */
const unknownCell = '-'

export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => cellOf(column.value(row))))
  const numeric = columns.map(
    (column) => rows.length > 0 && rows.every((row) => typeof column.value(row) !== 'string'),
  )
  const widths = columns.map((column, index) =>
    cells.reduce((width, row) => Math.max(width, (row[index] ?? '').length), column.title.length),
  )
  const lines = [columns.map(({ title }) => title), ...cells].map((row) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return numeric[index] === true ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

function cellOf(value: string | number | null): string {
  if (value === null || value === '') return unknownCell
  return String(value)
}
