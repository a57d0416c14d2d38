// One run of `samsa`: finds the command, answers --help and --version, and turns what went wrong
// into one line on stderr and an exit code (0 done, 1 failure, 2 bad usage or configuration). Never
// exits the process itself.

import { commandHelp, familyHelp, programHelp } from './command/help.ts'
import { type Io, write } from './command/io.ts'
import { nearest } from './command/nearest.ts'
import { type CommandEntry, commands } from './command/table.ts'
import { CommandError, UsageError } from './errors.ts'
import { version } from './version.ts'

export async function runCli(args: readonly string[], io: Io): Promise<number> {
  try {
    await dispatch(args, io)
    return 0
  } catch (error) {
    const { exitCode, reason } = explain(error)
    await write(io.stderr, `samsa: ${reason}\n`)
    return exitCode
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<void> {
  const [first = '--help', second] = args
  if (first === '--version') return await write(io.stdout, `${version()}\n`)
  if (first === '--help' || first === 'help') return await write(io.stdout, programHelp(commands))

  const one = commands.find(({ name }) => name === first)
  if (one !== undefined) return await execute(one, args.slice(1), io)

  const family = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (family.length === 0) throw new UsageError(unknownCommand(first, familyNames()))
  if (second === '--help') return await write(io.stdout, familyHelp(first, family))
  const names = family.map(({ name }) => name.slice(first.length + 1))
  if (second === undefined) {
    throw new UsageError(`${first} needs one of ${names.join(', ')} (samsa ${first} --help)`)
  }
  const member = family.find(({ name }) => name === `${first} ${second}`)
  if (member === undefined) throw new UsageError(unknownCommand(second, names, `${first} `))
  await execute(member, args.slice(2), io)
}

async function execute(entry: CommandEntry, args: readonly string[], io: Io): Promise<void> {
  const command = await entry.load()
  if (args.includes('--help')) return await write(io.stdout, commandHelp(entry, command))
  await command.execute(args, io)
}

function familyNames(): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))]
}

function unknownCommand(given: string, known: readonly string[], family = ''): string {
  const near = nearest(given, known)
  const hint = near === undefined ? "see 'samsa --help'" : `did you mean '${family}${near}'?`
  return `unknown command '${family}${given}'; ${hint}`
}

/** The one line that says what went wrong. A bug shows its stack, because nothing shorter helps. */
function explain(error: unknown): { exitCode: number; reason: string } {
  if (error instanceof CommandError)
    return { exitCode: error.exitCode, reason: oneLine(error.message) }
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') {
    return { exitCode: error.exitCode, reason: oneLine(error.message) }
  }
  return {
    exitCode: 1,
    reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}

function oneLine(message: string): string {
  return message.replaceAll(/\s*\n\s*/g, '; ')
}
