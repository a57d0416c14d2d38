// The registry, the headers and the error table against the facts of Kafka 4.3.1.

import { type ApiName, advertisedVersions, apis } from '@samsa/proto/kafka/apis'
import { errorByCode, errorByName, errorCodes, errors } from '@samsa/proto/kafka/errors'
import {
  peekRequestStart,
  requestHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '@samsa/proto/kafka/headers'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { describe, expect, it } from 'vitest'
import { loadVectors } from '../../../support/vectors.ts'

const { facts } = loadVectors()

/**
 * Served by Kafka's brokers to each other only: the share coordinator keeps its state our own way.
 */
const notServedKeys = [83, 84, 85, 86, 87]

describe('the registry of APIs', () => {
  const expected = facts.apis.filter(({ key }) => !notServedKeys.includes(key))
  const names = Object.keys(apis) as ApiName[]

  it('has every API that a broker serves to clients, in the order of the keys', () => {
    expect(names.map((name) => ({ key: apis[name].key, name: apis[name].name }))).toEqual(
      expected.map(({ key, name }) => ({ key, name })),
    )
    for (const name of names) {
      expect(name).toBe(apis[name].name.replace(/^./, (first) => first.toLowerCase()))
      expect(apis[name].request.name).toBe(`${apis[name].name}Request`)
      expect(apis[name].response.name).toBe(`${apis[name].name}Response`)
    }
  })

  it.each(expected)('has the versions and headers of $name', (fact) => {
    const name = names.find((candidate) => apis[candidate].key === fact.key)
    if (name === undefined) throw new Error(`no ${fact.name}`)
    const { request, response, key } = apis[name]
    expect(request.versions).toEqual({ min: fact.min, max: fact.max })
    expect(response.versions).toEqual({ min: fact.min, max: fact.max })
    const [min, max] = fact.advertised
    expect(advertisedVersions(name)).toEqual({ min, max })
    const versions = fact.requestHeaders.map((_, index) => fact.min + index)
    expect(versions.map((v) => requestHeaderVersion(request, v))).toEqual(fact.requestHeaders)
    expect(versions.map((v) => responseHeaderVersion(key, response, v))).toEqual(
      fact.responseHeaders,
    )
  })
})

describe('the request header', () => {
  it('can be peeked at before its version is known', () => {
    const writer = new Writer()
    const header = {
      requestApiKey: 18,
      requestApiVersion: 99,
      correlationId: -7,
      clientId: 'someone',
    }
    requestHeader.encode(writer, header, 2)
    const reader = new Reader(writer.toBuffer())
    expect(peekRequestStart(reader)).toEqual({ apiKey: 18, apiVersion: 99, correlationId: -7 })
    expect(reader.position).toBe(0)
    expect(requestHeader.decode(reader, 2)).toEqual(header)
  })
})

describe('the error table', () => {
  it('has the codes, names and retriability of Kafka', () => {
    expect(errors.map(({ code, name, retriable }) => [code, name, retriable])).toEqual(facts.errors)
    expect(Object.entries(errorCodes).map(([name, code]) => [code, name])).toEqual(
      facts.errors.map(([code, name]) => [code, name]),
    )
  })

  it('says something of its own about every error', () => {
    expect(new Set(errors.map(({ text }) => text)).size).toBe(errors.length)
    for (const { text } of errors) expect(text).toMatch(/^[A-Z].{6,90}\.$/)
  })

  it('takes a code it does not know for an unknown error of the server', () => {
    expect(errorByCode(31_999).name).toBe('UNKNOWN_SERVER_ERROR')
    expect(errorByName('NOT_COORDINATOR').code).toBe(16)
  })
})
