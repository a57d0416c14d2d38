// `samsa certs client` and `samsa certs server`: a user's key and certificate, and what a listener
// shows to users.

import { checkedName, sign } from '../certs/authority-files.ts'
import { daysOption, dirOption, hostOption } from '../certs/options.ts'
import { defineCommand } from '../command/command.ts'
import { write } from '../command/io.ts'
import { text, withDefault } from '../command/options.ts'
import { UsageError } from '../errors.ts'

const ca = withDefault(text('NAME', 'The authority that signs it.'), 'clients')

export const certsClient = defineCommand({
  positionals: '<user>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: { dir: dirOption, ca, days: daysOption(365) },
  notes: `Writes USER.pem. Brokers know its holder as User:CN=USER, unless
ssl.principal.mapping.rules says otherwise. --ca nodes makes one for the storage API.`,
  async run({ positionals: [user = ''], options, io }) {
    const { dir, days } = options
    const file = checkedName(user)
    if (/samsa-node-/i.test(user)) {
      throw new UsageError(`'${user}' would be a node: samsa certs node makes those`)
    }
    const authority = checkedName(options.ca)
    const path = await sign(dir, { authority, commonName: user, hosts: [], days, file })
    await write(io.stdout, `${path}\n`)
  },
})

export const certsServer = defineCommand({
  positionals: '<name>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: { dir: dirOption, ca, host: hostOption, days: daysOption(365) },
  notes: `Writes NAME.pem, for ssl.keystore.location of listeners that clients reach as NAME, or by
one of the names or addresses that --host gives.`,
  async run({ positionals: [name = ''], options, io }) {
    const { dir, host, days } = options
    const request = { commonName: name, hosts: [name, ...host], days, file: checkedName(name) }
    const path = await sign(dir, { authority: checkedName(options.ca), ...request })
    await write(io.stdout, `${path}\n`)
  },
})
