// Certificates that the operator makes, held to Node's own TLS.

import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeAuthority, makeLeaf } from '../../../../operator/pki/issue.ts'
import { isPair, isSignedBy, readCertificate } from '../../../../operator/pki/read.ts'

const dayMs = 86_400_000
const fromMs = Date.now()
const validity = { fromMs, untilMs: fromMs + dayMs }

async function authorityOf(name: string) {
  return { ...(await makeAuthority(name, validity)), untilMs: validity.untilMs }
}

/** Who the client turned out to be for the server. */
function handshake(
  server: { cert: string; key: string; ca: string },
  client: ConnectionOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ...server, requestCert: true, rejectUnauthorized: true }
    const listening = createServer(options, (socket) => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
      listening.close()
    })
    listening.on('tlsClientError', (error) => {
      reject(error)
      listening.close()
    })
    listening.listen(0, '127.0.0.1', () => {
      const { port } = listening.address() as AddressInfo
      const socket = connect({ host: '127.0.0.1', port, ...client })
      socket.on('error', (error) => {
        reject(error)
        listening.close()
      })
    })
  })
}

describe('certificates', () => {
  it('let a client and a server know each other, and nobody else', async () => {
    const [cluster, clients] = [await authorityOf('cluster'), await authorityOf('clients')]
    const hosts = ['c-nodes-0.c-nodes.ns.svc', '10.1.2.3']
    const node = await makeLeaf(cluster, { commonName: 'c-nodes-0', hosts, ...validity })
    const user = await makeLeaf(clients, { commonName: 'alice', hosts: [], ...validity })
    const server = { cert: node.certificate, key: node.key, ca: clients.certificate }
    const client = { cert: user.certificate, key: user.key, ca: cluster.certificate }
    expect(await handshake(server, { ...client, servername: hosts[0] })).toBe('alice')
    await expect(handshake(server, { ...client, servername: 'other.svc' })).rejects.toThrow()
    const stranger = { ...client, ca: clients.certificate, servername: hosts[0] }
    await expect(handshake(server, stranger)).rejects.toThrow()
  })

  it('tell of themselves what they were made for', async () => {
    const authority = await authorityOf('a')
    const other = await authorityOf('b')
    const request = { commonName: 'n', hosts: ['x.svc', '10.0.0.1'], fromMs }
    const leaf = await makeLeaf(authority, { ...request, untilMs: fromMs + 99 * dayMs })
    const facts = readCertificate(leaf.certificate)
    const signer = readCertificate(authority.certificate)
    const stranger = readCertificate(other.certificate)
    if (facts === null || signer === null || stranger === null) throw new Error('unreadable')
    expect(facts).toMatchObject({ commonName: 'n', hosts: ['x.svc', '10.0.0.1'] })
    expect(facts.untilMs).toBeLessThanOrEqual(signer.untilMs)
    expect([isSignedBy(facts, signer), isSignedBy(facts, stranger)]).toEqual([true, false])
    expect([isPair(facts, leaf.key), isPair(facts, other.key)]).toEqual([true, false])
    expect(signer.certificate.ca).toBe(true)
    expect(facts.certificate.ca).toBe(false)
    expect(readCertificate('no certificate')).toBeNull()
  })
})
