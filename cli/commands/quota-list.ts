// `samsa quota list`: whom quotas hold, and to what.

import { describeQuotas, entityText } from '../client/quotas.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { flag } from '../command/options.ts'
import { entityOf, entityOptions } from '../command/quota-entity.ts'
import { printJson, printTable } from '../format/print.ts'

interface Row {
  readonly entity: string
  readonly key: string
  readonly value: number
}

export const quotaList = defineClientCommand({
  positionals: '',
  options: {
    ...entityOptions,
    strict: flag('Only of what is named, and not of that together with anything else.'),
  },
  notes: `Example:
  samsa quota list --user alice`,
  async run({ options, cluster, io, json }) {
    const parts = entityOf(options)
    const quotas = await describeQuotas(cluster, parts, { strict: options.strict })
    if (json) return await printJson(io, quotas)
    const rows = quotas.flatMap(({ entity, values }) =>
      Object.entries(values).map(([key, value]): Row => {
        return { entity: entityText(entity), key, value }
      }),
    )
    await printTable<Row>(
      io,
      [
        { title: 'OF', value: ({ entity }) => entity },
        { title: 'QUOTA', value: ({ key }) => key },
        { title: 'VALUE', value: ({ value }) => String(value) },
      ],
      rows.toSorted((a, b) => (`${a.entity} ${a.key}` < `${b.entity} ${b.key}` ? -1 : 1)),
    )
  },
})
