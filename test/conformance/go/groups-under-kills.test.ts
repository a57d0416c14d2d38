// franz-go's TestGroupETL on three nodes: chains of groups of every balancer and both protocols
// that read and write, each record once and in order. The nodes have front doors, since that client
// gives a join up when it meets two refused connections in looking for a coordinator.

import { kgoChainSuite } from '../../support/conformance/kgo-chain.ts'

// Apache Kafka's: on a busy machine nobody is to be taken for dead but who was killed, and of that
// a refused connection tells at once.
const configs = { 'broker.session.timeout.ms': '9000' }

kgoChainSuite({
  title: "franz-go's chained groups on three nodes",
  test: 'TestGroupETL',
  cluster: { nodes: 3, frontDoors: true, configs },
})
