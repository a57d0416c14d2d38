// What groups of the newer protocols ask of whoever joins or stays, of whichever kind they are:
// room for the group and for the member, and an epoch that is the member's.

import { BrokerError } from '../../errors.ts'
import { restoreGroup } from './apply-record.ts'
import type { Changes } from './changes.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { joinEpoch } from './consumer/consumer-member.ts'
import { groupsPerPartitionMax, membersPerGroupMax } from './limits.ts'
import { groupTombstone } from './records.ts'
import type { Group } from './shard-state.ts'
import type { Turn } from './turn.ts'

type Kind = 'consumer' | 'streams'

/** An empty classic group makes room for the new one; what it committed stays the group's. */
export function admitGroup(
  turn: Turn,
  changes: Changes,
  { made, replaced }: { readonly made: Group; readonly replaced: ClassicGroup | undefined },
): void {
  const { groups } = turn.state
  if (replaced === undefined && groups.size >= groupsPerPartitionMax) {
    throw new BrokerError('POLICY_VIOLATION', 'This coordinator keeps as many groups as it may.')
  }
  const { groupId } = made
  groups.set(groupId, made)
  changes.addApplied(replaced?.persisted === true ? [groupTombstone(groupId)] : [], () =>
    restoreGroup(turn.state, groupId, replaced),
  )
}

interface Joining {
  readonly kind: Kind
  readonly memberId: string
  /** By the configuration of this kind of groups. */
  readonly maxSize: number
}

export function checkSize(
  { members }: { readonly members: ReadonlyMap<string, unknown> },
  { kind, memberId, maxSize }: Joining,
): void {
  const sizeMax = Math.min(maxSize, membersPerGroupMax)
  if (members.size < sizeMax || members.has(memberId)) return
  throw new BrokerError(
    'GROUP_MAX_SIZE_REACHED',
    `The ${kind} group has reached its maximum capacity of ${sizeMax} members.`,
  )
}

interface Claim {
  readonly kind: Kind
  readonly epoch: number
  /** Whether it says what it has, and has nothing that is not its own. */
  readonly ownsOnlyItsOwn: () => boolean
}

/**
 * A member that missed the answer to its last heartbeat comes with the epoch before, and may go on
 * when it has nothing that is not its own.
 */
export function checkEpoch(
  member: { readonly memberEpoch: number; readonly previousMemberEpoch: number },
  { kind, epoch, ownsOnlyItsOwn }: Claim,
): void {
  // A member that was fenced comes back with nothing.
  if (epoch === member.memberEpoch || epoch === joinEpoch) return
  const isGreater = epoch > member.memberEpoch
  const missedOne = !isGreater && epoch === member.previousMemberEpoch
  if (missedOne && ownsOnlyItsOwn()) return
  throw new BrokerError(
    'FENCED_MEMBER_EPOCH',
    `The ${kind} group member has a ${isGreater ? 'greater' : 'smaller'} member epoch (${epoch}) ` +
      `than the one known by the group coordinator (${member.memberEpoch}). The member must ` +
      'abandon all its partitions and rejoin.',
  )
}
