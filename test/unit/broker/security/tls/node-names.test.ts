// Names that make a certificate one of a node, and such that only look like it.

import { X509Certificate } from 'node:crypto'
import { nodeIdsOf, nodeName } from '@samsa/broker/security/tls/node-names'
import { beforeAll, describe, expect, it } from 'vitest'
import { Authority } from '../../../../support/tls/node-certificates.ts'

let authority: Authority
beforeAll(async () => {
  authority = await Authority.make('nodes')
})

async function idsOf(commonName: string, hosts: readonly string[]): Promise<number[]> {
  const { certificate } = await authority.sign(commonName, hosts)
  return [...nodeIdsOf(new X509Certificate(certificate))]
}

describe('a certificate names', () => {
  it.each([
    ['samsa-node-7', ['samsa-node-7'], [7]],
    ['one for all', ['samsa-node-1', 'samsa-node-2', 'node.example.org'], [1, 2]],
    ['Samsa-Node-0', ['SAMSA-NODE-3'], [3, 0]],
    ['samsa-node-4', [], [4]],
  ] as const)('a node by %s and %j', async (commonName, hosts, ids) => {
    expect(new Set(await idsOf(commonName, hosts))).toEqual(new Set(ids))
  })

  it.each([
    ['alice', []],
    ['x', ['samsa-node-1.example.org', 'my-samsa-node-1', '*.samsa-node-2']],
    ['samsa-node-', ['samsa-node-x']],
    ['samsa-node-12 and more', ['x']],
    ['x\nCN=samsa-node-1', ['a, DNS=samsa-node-1, b']],
    ['x', ['samsa-node-01']],
  ])('no node by %s and %j', async (commonName, hosts) => {
    expect(await idsOf(commonName, hosts)).toEqual([])
  })

  it('a node by the name that others look for', () => {
    expect(nodeName(12)).toBe('samsa-node-12')
  })
})
