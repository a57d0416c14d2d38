// The errors that end a command, and the exit code each stands for: 1 for a failure, 2 for bad
// usage or configuration. Their message is the one line that the user sees.

export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The command line itself is wrong. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'

  constructor(message: string) {
    super(message, 2)
  }
}
