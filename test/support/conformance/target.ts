// Where the conformance suites run and against what: the repository's paths, the broker under test
// and whether this is CI. The only file of the suites that reads the environment.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type TargetKind = 'samsa' | 'kafka'

export const repositoryDir = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
export const cacheDir = join(repositoryDir, '.cache')
export const kafkaLibsDir = join(cacheDir, 'kafka/libs')
export const newestClientsDir = join(cacheDir, 'kafka/newest-clients')
export const streamsDir = join(cacheDir, 'kafka/streams')
export const pythonPath = join(cacheDir, 'venv/bin/python')
/** Put there by `npm run setup:clients`. */
export const grpcurlPath = join(repositoryDir, '.cache/bin/grpcurl')
export const pythonScriptsDir = join(repositoryDir, 'test/support/conformance/python')
export const goModuleDir = join(repositoryDir, 'test/go')

/**
 * The broker under test: Samsa, or Apache Kafka as the oracle that the suites are checked against.
 */
export function targetKind(): TargetKind {
  const wanted = process.env.SAMSA_TEST_TARGET ?? 'samsa'
  if (wanted !== 'samsa' && wanted !== 'kafka') {
    throw new Error(`SAMSA_TEST_TARGET is '${wanted}': it must be samsa or kafka`)
  }
  return wanted
}

/** Nodes of the clusters that the suites start where they do not say it themselves. */
export function nodeCount(): number {
  return sizeFromEnvironment('SAMSA_TEST_NODES', 1)
}

/** Where the logs of closed clusters go; without it they are gone with the cluster. */
export function keptLogsDir(): string | undefined {
  return process.env.SAMSA_TEST_KEEP_LOGS
}

/** In CI a missing tool is a failure, never a skip. */
export function isCi(): boolean {
  return process.env.CI === 'true' || process.env.CI === '1'
}

/**
 * A whole number from the environment, for the sizes that a developer may want smaller or larger.
 */
export function sizeFromEnvironment(name: string, fallback: number): number {
  const text = process.env[name]
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name}='${text}' is not a size`)
  return value
}
