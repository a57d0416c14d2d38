// `samsa topic create`: makes topics and waits until each partition has a leader, so that the next
// command finds it.

import type { NewTopic, TopicOutcome } from '../client/topics.ts'
import { createTopics, waitForLeaders } from '../client/topics.ts'
import { parseAssignment, parsePair, throwFirst } from '../command/arguments.ts'
import { defineClientCommand } from '../command/client-command.ts'
import { write } from '../command/io.ts'
import { flag, integer, repeated, text } from '../command/options.ts'
import { printJson } from '../format/print.ts'

export const topicCreate = defineClientCommand({
  positionals: '<topic>...',
  positionalsMin: 1,
  options: {
    partitions: integer('COUNT', "Number of partitions; the broker's num.partitions if left out.", {
      min: 1,
      max: 1_000_000,
    }),
    replicationFactor: integer(
      'COUNT',
      "Replicas of each partition; the broker's default.replication.factor if left out.",
      { min: 1, max: 32_767 },
    ),
    replicaAssignment: text(
      'LIST',
      'Brokers of each partition in place of the two above: 1:2,2:3 is two partitions of two.',
    ),
    config: repeated('NAME=VALUE', 'A topic config, as retention.ms=3600000.'),
    ifNotExists: flag('Do nothing, successfully, for a topic that exists.'),
    validateOnly: flag('Only check that the topics could be created.'),
  },
  notes: `Example:
  samsa topic create orders --partitions 12 --config retention.ms=604800000`,
  async run({ options, positionals, cluster, io, json }) {
    const topics: NewTopic[] = positionals.map((name) => ({
      name,
      partitions: options.partitions ?? -1,
      replicationFactor: options.replicationFactor ?? -1,
      assignments: parseAssignment(options.replicaAssignment),
      configs: options.config.map((pair) => parsePair('--config', pair)),
    }))
    const outcomes = await createTopics(cluster, topics, options.validateOnly)
    const accepted = ({ error }: TopicOutcome) =>
      error === undefined || (options.ifNotExists && error.kafkaError === 'TOPIC_ALREADY_EXISTS')
    const made = outcomes.filter(({ error }) => error === undefined).map(({ name }) => name)
    if (!options.validateOnly && made.length > 0) await waitForLeaders(cluster, made)
    if (json) {
      await printJson(
        io,
        outcomes.map(({ name, error }) => ({
          name,
          created: error === undefined,
          error: error?.kafkaError ?? null,
        })),
      )
    } else {
      const done = options.validateOnly ? 'could be created' : 'created'
      for (const name of made) await write(io.stdout, `topic ${name} ${done}\n`)
    }
    throwFirst(outcomes.filter((outcome) => !accepted(outcome)))
  },
})
