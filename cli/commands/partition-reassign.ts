// `samsa partition reassign`: moves partitions to the brokers named, changes how many replicas they
// have, carries out a plan from a file, and looks after moves that are under way.

import { readFileSync } from 'node:fs'
import type { Cluster } from '../client/cluster.ts'
import {
  alterReassignments,
  describePartitions,
  listReassignments,
  type Reassignment,
} from '../client/partitions.ts'
import { removeThrottles } from '../client/throttles.ts'
import { isChosen, type PartitionChoice, parsePartitions } from '../command/arguments.ts'
import { type ClientInvocation, defineClientCommand } from '../command/client-command.ts'
import { type Io, write } from '../command/io.ts'
import { flag, integer, integers, type OptionTable, text } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'
import { planJson, printPlan } from '../format/plan.ts'
import { parsePlanFile } from '../format/plan-file.ts'
import { note, printJson, printTable } from '../format/print.ts'
import type { Plan } from '../plan/model.ts'
import { givenPlan, makePlan } from '../plan/plan.ts'
import { counted } from '../units.ts'
import { carryOut, throwRefused, waitForMoves } from './partition-moves.ts'
import { executeHint, moveOptions } from './partition-options.ts'
import { checkChoices, survey, targetsOf } from './partition-survey.ts'

const options = {
  brokers: integers('LIST', 'Brokers to be on, as 1,2,5-7; all by default.'),
  replicationFactor: integer('COUNT', 'How many replicas to have; as many as now by default.', {
    min: 1,
    max: 32_767,
  }),
  plan: text(
    'FILE',
    "Replicas as this file says them, in Kafka's JSON, in place of a plan of ours.",
  ),
  status: flag('Show what is under way, or clean up after it: limits are removed.'),
  cancel: flag('Take back what is under way, of the topics named or of all.'),
  ...moveOptions,
} satisfies OptionTable

export const partitionReassign = defineClientCommand({
  positionals: '[topic[:partitions]]...',
  options,
  notes: `Shows the plan; with --execute also carries it out. The replicas of the topics named are
spread evenly over the brokers, with as little copying as that takes. --json prints a plan that
--plan takes, and Kafka's tools take, too.

Examples:
  samsa partition reassign orders --brokers 2,3,4
  samsa partition reassign orders:0-5 --replication-factor 3 --execute
  samsa partition reassign --plan plan.json --throttle 50MB --execute
  samsa partition reassign --status
  samsa partition reassign orders --cancel`,
  async run(invocation) {
    const { options: given, positionals, cluster, io, json } = invocation
    const choices = positionals.map(parsePartitions)
    if (given.status && given.cancel) throw new UsageError('give one of --status and --cancel')
    if (given.status) return await showStatus(cluster, io, { json, choices })
    if (given.cancel) return await cancel(cluster, io, choices)
    const plan = await planFor(invocation, choices)
    if (json) await printJson(io, planJson(plan))
    else await printPlan(io, plan)
    if (plan.moves.length === 0) return
    if (!given.execute && !given.yes) return json ? undefined : await note(io, executeHint)
    await carryOut(cluster, io, plan, { ...given, json })
  },
})

async function planFor(
  { options: given, cluster }: ClientInvocation<typeof options>,
  choices: readonly PartitionChoice[],
): Promise<Plan> {
  if (given.plan !== undefined) {
    if (choices.length > 0) throw new UsageError('--plan says which partitions: name no topics')
    const wanted = parsePlanFile(readPlan(given.plan))
    return givenPlan(await survey(cluster), wanted)
  }
  if (choices.length === 0) throw new UsageError('name topics, or give --plan')
  const found = await survey(cluster)
  checkChoices(found.partitions, choices)
  return makePlan({
    brokers: found.brokers,
    // Others do not count: these topics are to be spread, whatever else the brokers carry.
    partitions: found.partitions.filter((partition) => isChosen(choices, partition)),
    targets: targetsOf(found, given.brokers),
    ...(given.replicationFactor === undefined
      ? {}
      : { replicationFactor: given.replicationFactor }),
  })
}

function readPlan(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read the plan: ${(error as Error).message}`, 2)
  }
}

async function showStatus(
  cluster: Cluster,
  io: Io,
  { json, choices }: { json: boolean; choices: readonly PartitionChoice[] },
): Promise<void> {
  const all = await listReassignments(cluster)
  const shown = all.filter((one) => isChosen(choices, one))
  if (json) {
    await printJson(io, shown)
  } else if (shown.length === 0) {
    await write(io.stdout, 'no partition is moving\n')
  } else {
    await printTable<Reassignment>(
      io,
      [
        { title: 'PARTITION', value: ({ topic, index }) => `${topic}-${index}` },
        { title: 'REPLICAS', value: ({ replicas }) => replicas.join(',') },
        { title: 'ADDING', value: ({ adding }) => adding.join(',') },
        { title: 'REMOVING', value: ({ removing }) => removing.join(',') },
      ],
      shown,
    )
  }
  if (all.length > 0) return
  const partitions = await describePartitions(cluster, null)
  await removeThrottles(cluster, [...new Set(partitions.map(({ topic }) => topic))])
}

async function cancel(
  cluster: Cluster,
  io: Io,
  choices: readonly PartitionChoice[],
): Promise<void> {
  const moving = (await listReassignments(cluster)).filter((one) => isChosen(choices, one))
  const refused = await alterReassignments(
    cluster,
    moving.map(({ topic, index }) => ({ topic, index, to: null })),
  )
  // One that was done in between has nothing to take back.
  const failed = refused.filter(({ error }) => error.kafkaError !== 'NO_REASSIGNMENT_IN_PROGRESS')
  await waitForMoves(cluster, io, moving)
  await removeThrottles(cluster, [...new Set(moving.map(({ topic }) => topic))])
  await write(io.stdout, `${counted(moving.length - refused.length, 'move')} taken back\n`)
  throwRefused(failed)
}
