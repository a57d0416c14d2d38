// `samsa certs node`: the key and certificate by which other nodes know a node.

import { checkedName, sign } from '../certs/authority-files.ts'
import { daysOption, dirOption, hostOption } from '../certs/options.ts'
import { parseNodeId } from '../command/arguments.ts'
import { defineCommand } from '../command/command.ts'
import { write } from '../command/io.ts'
import { text, withDefault } from '../command/options.ts'

export const certsNode = defineCommand({
  positionals: '<node>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    dir: dirOption,
    ca: withDefault(text('NAME', 'The authority that signs it.'), 'nodes'),
    host: hostOption,
    days: daysOption(365),
  },
  notes: `Writes node-N.pem, for samsa-node-N: what listener.name.controller.ssl.keystore.location
of node N names. --host adds names by which clients of the storage API reach it.`,
  async run({ positionals, options, io }) {
    const { dir, ca, host, days } = options
    const nodeId = parseNodeId(positionals[0])
    const commonName = `samsa-node-${nodeId}`
    const hosts = [commonName, ...host]
    const file = `node-${nodeId}`
    const path = await sign(dir, { authority: checkedName(ca), commonName, hosts, days, file })
    await write(io.stdout, `${path}\n`)
  },
})
