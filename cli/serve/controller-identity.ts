// Which voter a node's configuration stands for: its number, the directory of its metadata log, and
// where other controllers reach it. Read from the node's own files, as the node itself reads them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { ConfigError } from '@samsa/broker/config/value'
import { CommandError } from '../errors.ts'

export interface ControllerIdentity {
  readonly id: number
  readonly directoryId: string
  readonly listeners: readonly {
    readonly name: string
    readonly host: string
    readonly port: number
  }[]
}

export function controllerIdentity(configFile: string): ControllerIdentity {
  const config = load(configFile)
  if (!config.isController) {
    throw new CommandError(`${configFile}: its process.roles has no controller`, 2)
  }
  const metaFile = join(config.metadataLogDir, 'meta.properties')
  const directoryId = /^directory\.id=(.+)$/m.exec(read(metaFile))?.[1]?.trim()
  if (directoryId === undefined) throw new CommandError(`${metaFile} has no directory.id`)
  const listeners = config.controllerListeners.map(({ listener, host, port }) => ({
    name: listener,
    host,
    port,
  }))
  return { id: config.nodeId, directoryId, listeners }
}

function load(configFile: string) {
  try {
    return loadBrokerConfig({ text: read(configFile), overrides: [] }).config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(`${configFile}: ${error.message}`, 2, { cause: error })
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`, 1, { cause: error })
  }
}
