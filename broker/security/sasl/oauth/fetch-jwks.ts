// Fetches an issuer's keys from where the configuration says they are: https, http on this machine,
// or a file. Bounded in size and time; redirects are not followed, since the list of allowed URLs
// would mean nothing then.

import { get as getPlain, type IncomingMessage } from 'node:http'
import { get as getSecure } from 'node:https'
import { fileURLToPath } from 'node:url'
import type { OauthConfig } from '../../../config/listener-oauth.ts'
import type { Disk } from '../../../disk/disk.ts'

/** A set of ten keys with certificates has some 30 KiB. */
const documentBytesMax = 262_144
/** For all of it: a client waits for its log-in meanwhile. */
const fetchTimeoutMs = 10_000

/** Rejects with what is wrong; the document is in no error. */
export async function fetchJwks(
  { jwksUrl, trustedPath }: Pick<OauthConfig, 'jwksUrl' | 'trustedPath'>,
  disk: Disk,
): Promise<string> {
  const url = new URL(jwksUrl)
  if (url.protocol === 'file:') return await readDocument(fileURLToPath(url), disk)
  const ca = trustedPath === null ? {} : { ca: await disk.readFile(trustedPath) }
  return await new Promise((resolve, reject) => {
    const options = {
      ...ca,
      agent: false,
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(fetchTimeoutMs),
    }
    const onResponse = (response: IncomingMessage) => {
      readBody(response).then(resolve, reject)
    }
    const request =
      url.protocol === 'https:'
        ? getSecure(url, options, onResponse)
        : getPlain(url, options, onResponse)
    request.on('error', reject)
  })
}

async function readBody(response: IncomingMessage): Promise<string> {
  try {
    if (response.statusCode !== 200) {
      throw new Error(`the server of the keys answered with status ${response.statusCode}`)
    }
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response) {
      size += (chunk as Buffer).length
      if (size > documentBytesMax) throw tooLarge()
      chunks.push(chunk as Buffer)
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    response.destroy()
  }
}

async function readDocument(path: string, disk: Disk): Promise<string> {
  const status = await disk.status(path)
  if (status?.kind !== 'file') throw new Error(`${path} is not a file`)
  if (status.sizeBytes > documentBytesMax) throw tooLarge()
  return (await disk.readFile(path)).toString('utf8')
}

function tooLarge(): Error {
  return new Error(`the keys have more than ${documentBytesMax} bytes`)
}
