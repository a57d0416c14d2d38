// The options by which `samsa quota` names whom a quota holds: a user, a client id, both, an
// address, or the default of any of these.

import type { QuotaEntityPart, QuotaEntityType } from '../client/quotas.ts'
import { UsageError } from '../errors.ts'
import { flag, type OptionTable, text, type Values } from './options.ts'

export const entityOptions = {
  user: text('NAME', 'A user, without the User: of its principal.'),
  defaultUser: flag('Every user that has no quota of its own.'),
  clientId: text('ID', 'A client id.'),
  defaultClientId: flag('Every client id that has no quota of its own.'),
  ip: text('ADDRESS', 'An address, for connection_creation_rate.'),
  defaultIp: flag('Every address that has no quota of its own.'),
} satisfies OptionTable

/** The parts that are named; none of them is all entities. */
export function entityOf(options: Values<typeof entityOptions>): QuotaEntityPart[] {
  const entity: QuotaEntityPart[] = []
  const add = (type: QuotaEntityType, name: string | undefined, isDefault: boolean) => {
    if (name !== undefined && isDefault) {
      throw new UsageError(`--${type} and --default-${type} exclude each other`)
    }
    if (name !== undefined || isDefault) entity.push({ type, name: name ?? null })
  }
  add('user', options.user, options.defaultUser)
  add('client-id', options.clientId, options.defaultClientId)
  add('ip', options.ip, options.defaultIp)
  if (entity.length > 1 && entity.some(({ type }) => type === 'ip')) {
    throw new UsageError('--ip and --default-ip stand alone')
  }
  return entity
}

/** The same for commands that must know whom they are about. */
export function namedEntityOf(options: Values<typeof entityOptions>): QuotaEntityPart[] {
  const entity = entityOf(options)
  if (entity.length > 0) return entity
  throw new UsageError('give --user, --client-id or both, or --ip; or the --default- of one')
}
