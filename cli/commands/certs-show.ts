// `samsa certs show`: whom certificates are for, who signed them, and when they end.

import { certificatesIn } from '../certs/authority-files.ts'
import { defineCommand } from '../command/command.ts'
import { write } from '../command/io.ts'
import { flag, integer } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { printJson } from '../format/print.ts'
import { formatTable } from '../format/table.ts'

export const certsShow = defineCommand({
  positionals: '<file>...',
  positionalsMin: 1,
  options: {
    checkDays: integer('COUNT', 'Exit code 1 when one ends within so many days.'),
    json: flag('Print JSON.'),
  },
  notes: 'Reads PEM files, with or without keys; keys are not shown.',
  async run({ positionals, options, io }) {
    const shown = positionals.flatMap((file) => certificatesIn(file))
    if (options.json) await printJson(io, shown)
    else {
      const columns = [
        { title: 'FILE', value: (row: Row) => row.file },
        { title: 'SUBJECT', value: (row: Row) => row.subject },
        { title: 'NAMES', value: (row: Row) => row.names },
        { title: 'ISSUER', value: (row: Row) => row.issuer },
        { title: 'UNTIL', value: (row: Row) => row.validUntil },
        { title: 'DAYS', value: (row: Row) => row.daysLeft },
      ]
      await write(io.stdout, formatTable(columns, shown))
    }
    const { checkDays } = options
    const ending = shown.find(({ daysLeft }) => checkDays !== undefined && daysLeft < checkDays)
    if (ending === undefined) return
    throw new CommandError(`${ending.file} ends in ${ending.daysLeft} days`, 1)
  },
})

type Row = ReturnType<typeof certificatesIn>[number]
