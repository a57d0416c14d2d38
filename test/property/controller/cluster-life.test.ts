// Whatever is asked of the controller and whatever happens to brokers, in any order: partitions
// stay sound, committed records stay with whoever leads, and a snapshot is the image.

import { encodedSnapshot, imageOfSnapshot } from '@samsa/controller/image/snapshot'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClusterInvariants } from '../../support/controller/cluster-invariants.ts'
import { ClusterLife, kinds, type Step } from '../../support/controller/cluster-life.ts'
import { plainImage } from '../../support/controller/plain-image.ts'

const steps: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  picks: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
})
const lives = fc.array(steps, { minLength: 1, maxLength: 80, size: 'max' })

/** Lives that broke a rule before: rare among random ones. */
const onceBroken: [Step[]][] = [
  // Eligible leaders are turned off while nobody leads, and one of them comes back.
  [
    [
      { kind: 'alterConfig', picks: [0, 0, 0, 43271683] },
      { kind: 'register', picks: [853041131, 0, 0, 0] },
      { kind: 'register', picks: [126744577, 0, 735268803, 80138805] },
      { kind: 'fence', picks: [0, 0, 0, 0] },
      { kind: 'updateFeature', picks: [0, 0, 108899777, 0] },
      { kind: 'unfence', picks: [0, 0, 0, 0] },
    ],
  ],
  // A reassignment is called off when only its new replica, which is away, has what is committed.
  [
    [
      { kind: 'createTopic', picks: [249504297, 0, 0, 536276627] },
      { kind: 'reassign', picks: [0, 0, 1830542390, 0] },
      { kind: 'register', picks: [2037865207, 0, 0, 0] },
      { kind: 'alterConfig', picks: [1740187190, 0, 525339605, 314628797] },
      { kind: 'fence', picks: [0, 0, 0, 0] },
      { kind: 'reassign', picks: [429850561, 0, 0, 0] },
    ],
  ],
]

function live(life: readonly Step[]): { life: ClusterLife; invariants: ClusterInvariants } {
  const cluster = new ClusterLife()
  const invariants = new ClusterInvariants(cluster.image)
  for (const step of life) cluster.image = invariants.advance(cluster.image, cluster.ask(step))
  return { life: cluster, invariants }
}

describe('the life of a cluster', () => {
  it('leaves partitions sound after every record, and is what a snapshot makes of it', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { image } = live(life).life
        const copy = imageOfSnapshot(encodedSnapshot(image), image.offset, image.controllerId)
        expect(plainImage(copy)).toEqual(plainImage(image))
      }),
      { examples: onceBroken },
    )
  })

  it('has elections of every kind in it, and reassignments that end', () => {
    const seen = { clean: 0, eligible: 0, lastKnown: 0, unclean: 0, reassigned: 0 }
    for (const life of fc.sample(lives, { numRuns: 80, seed: 1 })) {
      const { elections, completedReassignments } = live(life).invariants
      seen.clean += elections.clean
      seen.eligible += elections.eligible
      seen.lastKnown += elections.lastKnown
      seen.unclean += elections.unclean
      seen.reassigned += completedReassignments
    }
    for (const [what, count] of Object.entries(seen)) {
      expect(count, what).toBeGreaterThan(3)
    }
  })
})
