// `samsa quota set`: holds users, client ids and addresses to rates.

import { alterQuota, entityText } from '../client/quotas.ts'
import { parsePair } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { entityOptions, namedEntityOf } from '../command/quota-entity.ts'
import { UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'
import { parseSizeBytes } from '../units.ts'

export const quotaSet = defineClientCommand({
  positionals: '<name=value>...',
  positionalsMin: 1,
  options: entityOptions,
  notes: `Quotas, on each broker:
  producer_byte_rate        bytes a second that may be sent, as 1000000 or 1MB
  consumer_byte_rate        bytes a second that may be fetched
  request_percentage        of one processor's time
  controller_mutation_rate  partitions a second that may be made or deleted
  connection_creation_rate  new connections a second, of an address

Example:
  samsa quota set --user alice --default-client-id producer_byte_rate=1MB`,
  async run({ options, positionals, cluster, io, json }) {
    const entity = namedEntityOf(options)
    const changes = Object.fromEntries(positionals.map(change))
    await alterQuota(cluster, entity, changes)
    if (json) return await printJson(io, { entity, changes })
    await write(io.stdout, `quotas of ${entityText(entity)} set\n`)
  },
})

function change(given: string): [key: string, value: number] {
  const [key, text] = parsePair('argument', given)
  if (key.endsWith('_byte_rate')) return [key, parseSizeBytes(text)]
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return [key, value]
  throw new UsageError(`'${text}' of ${key} is not a number`)
}
