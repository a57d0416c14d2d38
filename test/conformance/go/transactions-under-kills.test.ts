// franz-go's TestTxnEtl on three nodes: chains of groups that read, write and commit in
// transactions, each record once in every topic. The nodes have front doors, since that client
// gives a commit up when it meets two refused connections in looking for a coordinator.

import { kgoChainSuite } from '../../support/conformance/kgo-chain.ts'

// Apache Kafka's: on a busy machine nobody is to be taken for dead but who was killed, and of that
// a refused connection tells at once.
const configs = { 'broker.session.timeout.ms': '9000' }

kgoChainSuite({
  title: "franz-go's chained transactions on three nodes",
  test: 'TestTxnEtl',
  cluster: { nodes: 3, frontDoors: true, configs },
})
