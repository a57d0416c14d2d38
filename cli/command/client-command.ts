// A command that talks to a cluster: adds the options that all of them share, opens the client and
// closes it.

import { parseAddresses } from '../client/addresses.ts'
import { Cluster } from '../client/cluster.ts'
import { readClientConfig } from './client-config.ts'
import { type Command, defineCommand, type Invocation } from './command.ts'
import { duration, flag, type OptionTable, text, type Values, withDefault } from './options.ts'

const clientOptions = {
  bootstrapServer: withDefault(
    text('HOST:PORT', 'Brokers to start from, separated by commas.'),
    '127.0.0.1:9092',
  ),
  commandConfig: text(
    'FILE',
    "How to connect, in the names of Kafka's clients: security.protocol, ssl.*, sasl.*.",
  ),
  requestTimeout: withDefault(
    duration('TIME', 'How long to wait for the cluster, retries included; as 500ms or 10s.'),
    30_000,
    '30s',
  ),
  json: flag('Print JSON for programs instead of text for people.'),
} satisfies OptionTable

export type ClientOptions = Values<typeof clientOptions>

export interface ClientInvocation<O extends OptionTable> extends Invocation<O> {
  readonly cluster: Cluster
  readonly json: boolean
}

export interface ClientCommandSpec<O extends OptionTable> {
  readonly positionals: string
  readonly positionalsMin?: number
  readonly positionalsMax?: number
  readonly options: O
  readonly notes?: string
  readonly run: (invocation: ClientInvocation<O>) => Promise<void>
}

export function defineClientCommand<const O extends OptionTable>(
  spec: ClientCommandSpec<O>,
): Command {
  return defineCommand({
    ...spec,
    options: { ...spec.options, ...clientOptions },
    async run({ options, positionals, io }) {
      // The two tables were merged just above; the compiler cannot split the merged type again.
      const shared = options as unknown as ClientOptions
      const own = options as unknown as Values<O>
      const cluster = new Cluster({
        bootstrap: parseAddresses(shared.bootstrapServer),
        requestTimeoutMs: shared.requestTimeout,
        signal: io.signal,
        security: readClientConfig(shared.commandConfig),
      })
      try {
        await spec.run({ options: own, positionals, io, cluster, json: shared.json })
      } finally {
        cluster.close()
      }
    },
  })
}
