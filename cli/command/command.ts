// What a command is: its options as a table, and the function that runs it. A command's file
// exports one, made by defineCommand or, for those that talk to a cluster, by defineClientCommand.

import { UsageError } from '../errors.ts'
import type { Io } from './io.ts'
import { flag, type OptionTable, readOptions, type Values } from './options.ts'

export interface Invocation<O extends OptionTable> {
  readonly options: Values<O>
  readonly positionals: readonly string[]
  readonly io: Io
}

export interface CommandSpec<O extends OptionTable> {
  /** What follows the command's name in its usage line: '<topic>...', or '' for nothing. */
  readonly positionals: string
  readonly positionalsMin?: number
  readonly positionalsMax?: number
  readonly options: O
  /** Paragraphs and examples below the options in the help. */
  readonly notes?: string
  readonly run: (invocation: Invocation<O>) => Promise<void>
}

/** A command with its option types hidden, as the command table holds it. */
export interface Command {
  readonly positionals: string
  readonly options: OptionTable
  readonly notes: string
  execute(args: readonly string[], io: Io): Promise<void>
}

export const helpOption = { help: flag('Show this help.') }

export function defineCommand<const O extends OptionTable>(spec: CommandSpec<O>): Command {
  const min = spec.positionalsMin ?? 0
  const max = spec.positionalsMax ?? (spec.positionals === '' ? 0 : Number.POSITIVE_INFINITY)
  return {
    positionals: spec.positionals,
    options: spec.options,
    notes: spec.notes ?? '',
    async execute(args, io) {
      const { values, positionals } = readOptions(spec.options, args)
      if (positionals.length < min) throw new UsageError(`${spec.positionals} is missing`)
      if (positionals.length > max) {
        throw new UsageError(`unexpected argument '${positionals[max] ?? ''}'`)
      }
      await spec.run({ options: values, positionals, io })
    },
  }
}
