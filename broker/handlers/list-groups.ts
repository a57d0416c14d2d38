// ListGroups (key 16), versions 0-5: the groups that this broker keeps, by state (KIP-518, v4) and
// by type (KIP-848, v5; here all are 'classic'). Filters ignore case. Differs from Kafka: a group
// that nobody is in, and of which nothing is stored, is forgotten at once.

import type { Handler } from './handler.ts'

export const listGroups: Handler<'listGroups'> = (request, { groups }) => groups.listGroups(request)
