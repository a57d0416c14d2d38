// `samsa acl list`: who may do what, and who may not.

import { type Acl, listAcls } from '../client/acls.ts'
import { aclOptions, filtersOf } from '../command/acl-options.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { printJson, printTable } from '../format/print.ts'

export const aclList = defineClientCommand({
  positionals: '',
  options: aclOptions,
  notes: `Without options all entries are listed; each option lists only those that it names.

Example:
  samsa acl list --principal User:alice`,
  async run({ options, cluster, io, json }) {
    const lists = []
    for (const filter of filtersOf(options)) lists.push(await listAcls(cluster, filter))
    const acls = lists.flat().toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
    if (json) return await printJson(io, acls)
    await printTable<Acl>(
      io,
      [
        { title: 'PRINCIPAL', value: ({ principal }) => principal },
        { title: 'HOST', value: ({ host }) => host },
        { title: 'PERMISSION', value: ({ permission }) => permission },
        { title: 'OPERATION', value: ({ operation }) => operation },
        { title: 'RESOURCE', value: ({ resourceType }) => resourceType },
        { title: 'NAME', value: ({ resourceName }) => resourceName },
        { title: 'PATTERN', value: ({ patternType }) => patternType },
      ],
      acls,
    )
  },
})

export function textOf(acl: Acl): string {
  const { principal, permission, operation, resourceType, resourceName, patternType, host } = acl
  const name = patternType === 'prefixed' ? `${resourceName}...` : resourceName
  return `${principal} ${permission} ${operation} ${resourceType} ${name} from ${host}`
}
