// `samsa user add`: gives a user a SCRAM password, or another one. The password comes from a file,
// standard input or a person, never from an argument.

import { readFileSync } from 'node:fs'
import { saltedCredential } from '../client/scram.ts'
import { alterScram } from '../client/users.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { choice, integer, text, withDefault } from '../command/options.ts'
import { readSecret, secretOf } from '../command/secret.ts'
import { CommandError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const userAdd = defineClientCommand({
  positionals: '<user>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    mechanism: withDefault(
      choice(['SCRAM-SHA-256', 'SCRAM-SHA-512'], 'How the user logs in.'),
      'SCRAM-SHA-512',
    ),
    iterations: withDefault(
      integer('COUNT', 'How often the password is hashed.', { min: 4096, max: 16_384 }),
      8192,
    ),
    passwordFile: text('FILE', 'The password is the first line of this file.'),
  },
  notes: `Without --password-file the password is asked for, or is the first line of standard input
where that is no terminal. It is salted here: brokers never see it. A user that has one of the
mechanism gets this one in its place.

Examples:
  samsa user add alice
  samsa user add alice --password-file /run/secrets/alice
  pwgen 32 1 | samsa user add alice`,
  async run({ options, positionals, cluster, io, json }) {
    const [name = ''] = positionals
    const { passwordFile, iterations, mechanism } = options
    const password =
      passwordFile === undefined
        ? await readSecret(io, `Password of ${name}`)
        : secretOf(contentOf(passwordFile), passwordFile)
    const credential = await saltedCredential(mechanism, password, iterations)
    await alterScram(cluster, name, { set: [credential], remove: [] })
    if (json) return await printJson(io, { user: name, mechanism, iterations })
    await write(io.stdout, `user ${name} can log in by ${mechanism}\n`)
  },
})

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`the password cannot be read: ${(error as Error).message}`)
  }
}
