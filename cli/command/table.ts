// The commands of `samsa`, in the order that the help lists them. Each is loaded only when it is
// run, so that starting one command pays for no other.

import type { Command } from './command.ts'

export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'dev',
    summary: 'Run a cluster on this machine, for development.',
    load: async () => (await import('../commands/dev.ts')).dev,
  },
  {
    name: 'node',
    summary: 'Run one node by its server.properties.',
    load: async () => (await import('../commands/node.ts')).node,
  },
  {
    name: 'operator',
    summary: 'Keep clusters and topics of Kubernetes as their resources say.',
    load: async () => (await import('../commands/operator.ts')).operator,
  },
  {
    name: 'kube status',
    summary: 'Show how a KafkaCluster of Kubernetes stands.',
    load: async () => (await import('../kube/status.ts')).kubeStatus,
  },
  {
    name: 'kube topics',
    summary: 'Show the KafkaTopics of a cluster.',
    load: async () => (await import('../kube/topics.ts')).kubeTopics,
  },
  {
    name: 'kube restart',
    summary: 'Have the pods of a cluster restarted, one after the other.',
    load: async () => (await import('../kube/actions.ts')).kubeRestart,
  },
  {
    name: 'kube pause',
    summary: 'Have the operator leave a cluster alone.',
    load: async () => (await import('../kube/actions.ts')).kubePause,
  },
  {
    name: 'kube resume',
    summary: 'Have the operator look after a cluster again.',
    load: async () => (await import('../kube/actions.ts')).kubeResume,
  },
  {
    name: 'kube approve',
    summary: 'Approve a roll that waits for it.',
    load: async () => (await import('../kube/actions.ts')).kubeApprove,
  },
  {
    name: 'kube reassign',
    summary: 'Have replicas and leaders spread evenly.',
    load: async () => (await import('../kube/actions.ts')).kubeReassign,
  },
  {
    name: 'kube report',
    summary: 'Gather what is needed to help from afar, without secrets.',
    load: async () => (await import('../kube/report.ts')).kubeReport,
  },
  {
    name: 'cluster status',
    summary: 'Show nodes, what each carries, and what is wrong.',
    load: async () => (await import('../commands/cluster-status.ts')).clusterStatus,
  },
  {
    name: 'cluster unregister',
    summary: 'Forget a broker that will not come back.',
    load: async () => (await import('../commands/cluster-unregister.ts')).clusterUnregister,
  },
  {
    name: 'quorum status',
    summary: 'Show the leader, voters and observers of the controllers.',
    load: async () => (await import('../commands/quorum-status.ts')).quorumStatus,
  },
  {
    name: 'quorum add',
    summary: 'Make a controller a voter.',
    load: async () => (await import('../commands/quorum-add.ts')).quorumAdd,
  },
  {
    name: 'quorum remove',
    summary: 'Take a controller out of the voters.',
    load: async () => (await import('../commands/quorum-remove.ts')).quorumRemove,
  },
  {
    name: 'quorum transfer',
    summary: 'Have another controller lead.',
    load: async () => (await import('../commands/quorum-transfer.ts')).quorumTransfer,
  },
  {
    name: 'topic create',
    summary: 'Create topics.',
    load: async () => (await import('../commands/topic-create.ts')).topicCreate,
  },
  {
    name: 'topic list',
    summary: 'List the topics of a cluster.',
    load: async () => (await import('../commands/topic-list.ts')).topicList,
  },
  {
    name: 'topic describe',
    summary: 'Show partitions, leaders, offsets and changed configs of topics.',
    load: async () => (await import('../commands/topic-describe.ts')).topicDescribe,
  },
  {
    name: 'topic alter',
    summary: 'Add partitions to a topic, or change its configs.',
    load: async () => (await import('../commands/topic-alter.ts')).topicAlter,
  },
  {
    name: 'topic delete',
    summary: 'Delete topics and all that they hold.',
    load: async () => (await import('../commands/topic-delete.ts')).topicDelete,
  },
  {
    name: 'partition reassign',
    summary: 'Move partitions to other brokers, or change their number of replicas.',
    load: async () => (await import('../commands/partition-reassign.ts')).partitionReassign,
  },
  {
    name: 'partition rebalance',
    summary: 'Spread replicas and leaders evenly over the brokers.',
    load: async () => (await import('../commands/partition-rebalance.ts')).partitionRebalance,
  },
  {
    name: 'partition elect',
    summary: 'Have preferred replicas lead, or any where none in sync is left.',
    load: async () => (await import('../commands/partition-elect.ts')).partitionElect,
  },
  {
    name: 'produce',
    summary: 'Send records from standard input or files to a topic.',
    load: async () => (await import('../commands/produce.ts')).produce,
  },
  {
    name: 'consume',
    summary: 'Print the records of topics.',
    load: async () => (await import('../commands/consume.ts')).consume,
  },
  {
    name: 'group list',
    summary: 'List the consumer groups of a cluster.',
    load: async () => (await import('../commands/group-list.ts')).groupList,
  },
  {
    name: 'group describe',
    summary: 'Show members, committed offsets and lag of groups.',
    load: async () => (await import('../commands/group-describe.ts')).groupDescribe,
  },
  {
    name: 'group reset',
    summary: 'Move the committed offsets of a group that has no members.',
    load: async () => (await import('../commands/group-reset.ts')).groupReset,
  },
  {
    name: 'group alter',
    summary: 'Change the configs of a group.',
    load: async () => (await import('../commands/group-alter.ts')).groupAlter,
  },
  {
    name: 'group delete',
    summary: 'Delete groups that have no members, or their offsets of a topic.',
    load: async () => (await import('../commands/group-delete.ts')).groupDelete,
  },
  {
    name: 'txn list',
    summary: 'List transactional ids and where their transactions stand.',
    load: async () => (await import('../commands/txn-list.ts')).txnList,
  },
  {
    name: 'txn describe',
    summary: 'Show the producer, the age and the partitions of transactions.',
    load: async () => (await import('../commands/txn-describe.ts')).txnDescribe,
  },
  {
    name: 'txn abort',
    summary: 'End a transaction that hangs in a partition.',
    load: async () => (await import('../commands/txn-abort.ts')).txnAbort,
  },
  {
    name: 'user list',
    summary: 'List the users that log in by SCRAM.',
    load: async () => (await import('../commands/user-list.ts')).userList,
  },
  {
    name: 'user add',
    summary: 'Give a user a SCRAM password.',
    load: async () => (await import('../commands/user-add.ts')).userAdd,
  },
  {
    name: 'user remove',
    summary: 'Take the SCRAM passwords of users away.',
    load: async () => (await import('../commands/user-remove.ts')).userRemove,
  },
  {
    name: 'acl list',
    summary: 'List who may do what.',
    load: async () => (await import('../commands/acl-list.ts')).aclList,
  },
  {
    name: 'acl add',
    summary: 'Allow or deny operations on a resource.',
    load: async () => (await import('../commands/acl-add.ts')).aclAdd,
  },
  {
    name: 'acl remove',
    summary: 'Take access control entries away.',
    load: async () => (await import('../commands/acl-remove.ts')).aclRemove,
  },
  {
    name: 'certs ca',
    summary: 'Make an authority, for nodes or for clients.',
    load: async () => (await import('../commands/certs-ca.ts')).certsCa,
  },
  {
    name: 'certs node',
    summary: 'Make the key and certificate of a node.',
    load: async () => (await import('../commands/certs-node.ts')).certsNode,
  },
  {
    name: 'certs client',
    summary: 'Make the key and certificate of a user.',
    load: async () => (await import('../commands/certs-client.ts')).certsClient,
  },
  {
    name: 'certs server',
    summary: 'Make the key and certificate of a listener.',
    load: async () => (await import('../commands/certs-client.ts')).certsServer,
  },
  {
    name: 'certs show',
    summary: 'Show whom certificates are for, and when they end.',
    load: async () => (await import('../commands/certs-show.ts')).certsShow,
  },
  {
    name: 'quota list',
    summary: 'List whom quotas hold, and to what.',
    load: async () => (await import('../commands/quota-list.ts')).quotaList,
  },
  {
    name: 'quota set',
    summary: 'Hold users, client ids or addresses to rates.',
    load: async () => (await import('../commands/quota-set.ts')).quotaSet,
  },
  {
    name: 'quota remove',
    summary: 'Let users, client ids or addresses go.',
    load: async () => (await import('../commands/quota-remove.ts')).quotaRemove,
  },
  {
    name: 'config get',
    summary: 'Show configs of a topic, a broker, a group or a metrics subscription.',
    load: async () => (await import('../commands/config-get.ts')).configGet,
  },
  {
    name: 'config set',
    summary: 'Change configs of a topic, a broker, a group or a metrics subscription.',
    load: async () => (await import('../commands/config-set.ts')).configSet,
  },
]
