// `samsa partition rebalance`: spreads replicas and leaders evenly over brokers and racks.

import { isChosen, parsePartitions } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { flag, integers } from '../command/options.ts'
import { planJson, printPlan } from '../format/plan.ts'
import { note, printJson } from '../format/print.ts'
import { makePlan } from '../plan/plan.ts'
import { carryOut } from './partition-moves.ts'
import { executeHint, moveOptions } from './partition-options.ts'
import { checkChoices, survey, targetsOf } from './partition-survey.ts'

export const partitionRebalance = defineClientCommand({
  positionals: '[topic[:partitions]]...',
  options: {
    brokers: integers('LIST', 'Brokers that partitions may be on, as 1,2,5-7; all by default.'),
    leadersOnly: flag('Change only who leads: nothing is copied.'),
    ...moveOptions,
  },
  notes: `Shows the plan; with --execute also carries it out. Partitions are spread over racks
first, then evenly by the number of replicas, then by bytes; leaders by number, then by the bytes
they lead. As little moves as that takes. With topics named only those move, and all still count.

Examples:
  samsa partition rebalance
  samsa partition rebalance --throttle 50MB --execute
  samsa partition rebalance --brokers 1-4 --execute      (empties all others)`,
  async run({ options, positionals, cluster, io, json }) {
    const choices = positionals.map(parsePartitions)
    const found = await survey(cluster)
    checkChoices(found.partitions, choices)
    const plan = makePlan({
      ...found,
      targets: targetsOf(found, options.brokers),
      isMovable: (partition) => isChosen(choices, partition),
      leadersOnly: options.leadersOnly,
    })
    if (json) await printJson(io, planJson(plan))
    else await printPlan(io, plan)
    if (plan.moves.length === 0) return
    if (!options.execute && !options.yes) return json ? undefined : await note(io, executeHint)
    await carryOut(cluster, io, plan, { ...options, json })
  },
})
