// The headers in front of every request and response, and which version of them a message takes.
// A request starts with its key, version and correlation id in every version of the header, so
// these can be read before anything else is known of it.

import { message, type VersionRange } from '../wire/message.ts'
import type { Reader } from '../wire/reader.ts'
import { field, int16, int32, nullable, shortString } from '../wire/types.ts'

export const requestHeader = message(
  { name: 'RequestHeader', versions: '1-2', flexible: '2+' },
  {
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32,
    // Its length stays an int16 in version 2, so that a broker can read it whatever it supports.
    clientId: field(nullable(shortString), { default: null }),
  },
)

export const responseHeader = message(
  { name: 'ResponseHeader', versions: '0-1', flexible: '1+' },
  { correlationId: int32 },
)

const apiVersionsKey = 18

interface AnyMessage {
  readonly versions: VersionRange
  readonly flexibleSince: number
}

/** The version of the request header in front of a version of a request (KIP-482). */
export function requestHeaderVersion(request: AnyMessage, version: number): number {
  return version >= request.flexibleSince ? 2 : 1
}

/**
 * The version of the response header in front of a version of a response. ApiVersions always takes
 * the oldest, because its client does not know yet what the broker speaks (KIP-511).
 */
export function responseHeaderVersion(
  apiKey: number,
  response: AnyMessage,
  version: number,
): number {
  if (apiKey === apiVersionsKey) return 0
  return version >= response.flexibleSince ? 1 : 0
}

export interface RequestStart {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
}

/** Reads the eight bytes that all versions of the request header share, and moves back. */
export function peekRequestStart(reader: Reader): RequestStart {
  const start = reader.position
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  reader.position = start
  return { apiKey, apiVersion, correlationId }
}
