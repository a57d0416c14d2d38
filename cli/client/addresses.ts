// Reads --bootstrap-server: one or more host:port, with Kafka's default port where none is given.

import { isIPv6 } from 'node:net'
import { UsageError } from '../errors.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

const defaultPort = 9092

export function parseAddresses(text: string): Address[] {
  const addresses = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseAddress)
  if (addresses.length === 0) throw new UsageError('--bootstrap-server names no address')
  return addresses
}

function parseAddress(text: string): Address {
  // [::1]:9092, host:9092, host; a bare IPv6 address has no port.
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? (isIPv6(text) ? text : undefined)
  const port = Number(match?.[3] ?? defaultPort)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`'${text}' is not an address: write host:port`)
  }
  return { host, port }
}
