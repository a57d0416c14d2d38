// The help texts: of the program, of a family of commands (`samsa topic`), and of one command with
// its options.

import type { Command } from './command.ts'
import { helpOption } from './command.ts'
import { type OptionTable, optionName } from './options.ts'
import type { CommandEntry } from './table.ts'

const columnsMax = 96

export function programHelp(entries: readonly CommandEntry[]): string {
  return `samsa: event streaming that every Kafka client can use

Usage: samsa <command> [options]

Commands:
${commandList(entries)}

Options:
  --help      Show help; after a command, that of the command.
  --version   Show the version.

Every command but dev and node works against any Kafka: --bootstrap-server names it.
`
}

export function familyHelp(family: string, entries: readonly CommandEntry[]): string {
  return `Usage: samsa ${family} <command> [options]

Commands:
${commandList(entries)}

'samsa ${family} <command> --help' shows the options of a command.
`
}

function commandList(entries: readonly CommandEntry[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length)) + 2
  return entries.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`).join('\n')
}

export function commandHelp(entry: CommandEntry, command: Command): string {
  const positionals = command.positionals === '' ? '' : ` ${command.positionals}`
  const notes = command.notes === '' ? '' : `\n${command.notes.trim()}\n`
  return `${entry.summary}

Usage: samsa ${entry.name}${positionals} [options]

Options:
${optionList({ ...command.options, ...helpOption })}
${notes}`
}

function optionList(options: OptionTable): string {
  const rows = Object.entries(options).map(([key, option]) => {
    const value = option.placeholder === undefined ? '' : ` ${option.placeholder}`
    const repeats = option.repeats === true ? ' May be repeated.' : ''
    const short = option.short === undefined ? '' : `-${option.short}, `
    return { left: `${short}${optionName(key)}${value}`, right: option.help + repeats }
  })
  const width = Math.min(34, Math.max(...rows.map(({ left }) => left.length)) + 2)
  return rows
    .map(({ left, right }) => {
      const lines = wrap(right, columnsMax - width - 2)
      // A name too wide for the column stands on a line of its own.
      const first =
        left.length + 2 <= width ? [`  ${left.padEnd(width)}${lines.shift() ?? ''}`] : [`  ${left}`]
      return [...first, ...lines.map((line) => `  ${' '.repeat(width)}${line}`)].join('\n')
    })
    .join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
