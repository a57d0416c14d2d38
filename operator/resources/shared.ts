// Pieces that several resources have in common: names, conditions, Kafka configs.

import { integer, intOrString, list, map, object, oneOf, required, text } from './schema.ts'

/** A name that Kubernetes objects, host names and labels can all carry. */
export const dnsLabel = (description: string, maxLength = 40) =>
  text({ description, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', minLength: 1, maxLength })

export const secretKey = (description: string) =>
  object(
    {
      name: required(text({ description: 'Name of the Secret.', minLength: 1 })),
      key: required(text({ description: 'Key in it.', minLength: 1 })),
    },
    { description },
  )

/** Kafka's own names and string forms; numbers may be written as numbers. */
export const kafkaConfig = (description: string, rules: { cel: string; message: string }[] = []) =>
  map(intOrString(), { description, maxEntries: 200, rules })

/** meta/v1 Condition. All types are always written, so that waiting for one tells the truth. */
export const conditions = list(
  object({
    type: required(text({ maxLength: 60 })),
    status: required(oneOf(['True', 'False', 'Unknown'], {})),
    observedGeneration: integer({ bits: 64 }),
    lastTransitionTime: required(text({ format: 'date-time' })),
    reason: required(text({ maxLength: 100 })),
    message: required(text({ maxLength: 4096 })),
  }),
  {
    description: 'What holds and what does not, each for the generation that it was seen in.',
    maxItems: 20,
    identity: { key: 'type' },
  },
)

export const observedGeneration = integer({
  bits: 64,
  description: 'The generation of the spec that the status speaks of.',
})

export const topicConfig = kafkaConfig("Topic configs under Kafka's names.")

export const partitionCount = integer({ minimum: 1, maximum: 100_000 })
export const replicaCount = integer({ minimum: 1, maximum: 32_767 })

/** Kafka's rule for names of topics. */
export const topicName = text({
  description: "The topic's name in Kafka.",
  pattern: '^[a-zA-Z0-9._-]+$',
  minLength: 1,
  maxLength: 249,
  rules: [{ cel: "self != '.' && self != '..'", message: "a topic cannot be named '.' or '..'" }],
})
