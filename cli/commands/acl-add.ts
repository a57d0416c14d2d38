// `samsa acl add`: allows a principal operations on a resource, or denies them.

import { type Acl, addAcls } from '../client/acls.ts'
import { aclOptions, operationsOf, resourceOf } from '../command/acl-options.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { UsageError } from '../errors.ts'
import { printJson } from '../format/print.ts'
import { textOf } from './acl-list.ts'

export const aclAdd = defineClientCommand({
  positionals: '',
  options: aclOptions,
  notes: `Examples:
  samsa acl add --principal User:alice --topic orders --operation Read --operation Describe
  samsa acl add --principal User:alice --group billing- --prefixed --operation Read
  samsa acl add --principal User:mallory --topic '*' --operation All --deny`,
  async run({ options, cluster, io, json }) {
    const resource = resourceOf(options)
    const { principal, host = '*' } = options
    const { resourceType, resourceName } = resource ?? {}
    if (principal === undefined || resourceType === undefined || resourceName === undefined) {
      throw new UsageError(
        'give --principal and one of --topic, --group, --transactional-id and --on-cluster',
      )
    }
    const operations = operationsOf(options)
    if (operations.length === 0) throw new UsageError('give an --operation')
    const acls = operations.map(
      (operation): Acl => ({
        resourceType,
        resourceName,
        patternType: options.prefixed ? 'prefixed' : 'literal',
        principal,
        host,
        operation,
        permission: options.deny ? 'deny' : 'allow',
      }),
    )
    await addAcls(cluster, acls)
    if (json) return await printJson(io, acls)
    for (const acl of acls) await write(io.stdout, `added: ${textOf(acl)}\n`)
  },
})
