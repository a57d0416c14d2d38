// franz-go's TestGroupETL on three nodes: chains of groups of every balancer and both protocols
// that read and write, each record once and in order.

import { kgoChainSuite } from '../../support/conformance/kgo-chain.ts'

kgoChainSuite({
  title: "franz-go's chained groups on three nodes",
  test: 'TestGroupETL',
  cluster: { nodes: 3 },
})
