// DeleteGroups (key 42), versions 0-2: deletes groups without members, and all they have committed
// (KIP-229). Differs from Kafka: nothing known.

import type { Handler } from './handler.ts'

export const deleteGroups: Handler<'deleteGroups'> = async (request, { groups }, context) => ({
  results: await groups.deleteGroups(request.groupsNames, context),
})
