// Step: topics that the cluster's own spec names. Makes them, adds partitions, sets configs; never
// deletes one: taking a line out of a spec must not destroy records.

import { keepTopic } from '../cluster/keep-topic.ts'
import { bad, good } from '../status/conditions.ts'
import type { Step } from './step.ts'

const againMs = 5_000

export const topics: Step = {
  condition: 'TopicsReady',
  async run({ cluster, live, adminProblem, admin, signal }) {
    const wanted = cluster.spec.topics ?? []
    if (wanted.length === 0) return { finding: good('NoTopics'), againMs: null }
    if (live === null) return { finding: bad('ClusterUnreachable', adminProblem ?? ''), againMs }
    const problems: string[] = []
    for (const topic of wanted) {
      const outcome = await keepTopic(admin, topic, signal)
      if (outcome.problem !== null) problems.push(`${topic.name}: ${outcome.problem}`)
    }
    if (problems.length > 0) {
      return { finding: bad('TopicProblem', problems.join('; ')), againMs }
    }
    return { finding: good('TopicsReady', `${wanted.length} topics`), againMs: null }
  },
}
