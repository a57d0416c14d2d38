// Apache Kafka's command-line tools by short names, each against one cluster.

import { type JavaOptions, java } from './java.ts'
import type { Finished, RunOptions } from './processes.ts'

const mainClasses = {
  brokerApiVersions: 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  clientMetrics: 'org.apache.kafka.tools.ClientMetricsCommand',
  cluster: 'org.apache.kafka.tools.ClusterTool',
  clientCompatibility: 'org.apache.kafka.tools.ClientCompatibilityTest',
  configs: 'kafka.admin.ConfigCommand',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  consoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  consumerGroups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  delegationTokens: 'org.apache.kafka.tools.DelegationTokenCommand',
  features: 'org.apache.kafka.tools.FeatureCommand',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  getOffsets: 'org.apache.kafka.tools.GetOffsetShell',
  groups: 'org.apache.kafka.tools.GroupsCommand',
  leaderElection: 'org.apache.kafka.tools.LeaderElectionCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  metadataQuorum: 'org.apache.kafka.tools.MetadataQuorumCommand',
  reassignPartitions: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  streamsGroups: 'org.apache.kafka.tools.streams.StreamsGroupCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  verifiableConsumer: 'org.apache.kafka.tools.VerifiableConsumer',
  verifiableProducer: 'org.apache.kafka.tools.VerifiableProducer',
}

export type KafkaTool = keyof typeof mainClasses
export type RunTool = (
  tool: KafkaTool,
  args: readonly string[],
  options?: RunOptions,
) => Promise<Finished>

/** Runs the tools against a broker: `tools('topics', ['--list'])`. */
export function kafkaTools(
  bootstrap: string,
  clients: JavaOptions['clients'] = 'reference',
): RunTool {
  const server = ['--bootstrap-server', bootstrap]
  return (tool, args, options = {}) =>
    // The options of ClusterTool belong to its subcommands.
    java(mainClasses[tool], tool === 'cluster' ? [...args, ...server] : [...server, ...args], {
      ...options,
      clients,
    })
}

/** The lines of a tool's output, without blank ones. */
export function lines(output: Finished): string[] {
  return output.stdout
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}

/** The cells of a tool's table, by rows, where the columns are set apart by blanks. */
export function tableRows(output: Finished): string[][] {
  return lines(output).map((line) => line.trim().split(/\s+/))
}
