// `samsa quota remove`: lets users, client ids and addresses go, from some quotas or from all.

import { alterQuota, describeQuotas, entityText } from '../client/quotas.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { entityOptions, namedEntityOf } from '../command/quota-entity.ts'
import { CommandError } from '../errors.ts'
import { printJson } from '../format/print.ts'

export const quotaRemove = defineClientCommand({
  positionals: '[name]...',
  options: entityOptions,
  notes: `Without a name all quotas of the entity are removed; those of it together with anything
else stay.

Example:
  samsa quota remove --client-id batch producer_byte_rate`,
  async run({ options, positionals, cluster, io, json }) {
    const entity = namedEntityOf(options)
    const [found] = await describeQuotas(cluster, entity, { strict: true })
    const present = Object.keys(found?.values ?? {})
    const missing = positionals.find((name) => !present.includes(name))
    if (present.length === 0 || missing !== undefined) {
      throw new CommandError(
        `${entityText(entity)} has no quota${missing === undefined ? '' : ` ${missing}`}` +
          "; 'samsa quota list' shows what there is",
      )
    }
    const removed = positionals.length === 0 ? present : positionals
    await alterQuota(cluster, entity, Object.fromEntries(removed.map((name) => [name, null])))
    if (json) return await printJson(io, { entity, removed })
    await write(io.stdout, `quotas of ${entityText(entity)} removed: ${removed.join(', ')}\n`)
  },
})
