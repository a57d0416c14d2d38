// Authorities and what they sign, as PEM files in one directory: NAME-ca.pem and NAME-ca.key of an
// authority, and NAME.pem with a key and its certificate, as nodes and clients read them. Never
// writes over a file.

import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeAuthority, makeLeaf } from '@samsa/operator/pki/issue'
import { CommandError, UsageError } from '../errors.ts'

const dayMs = 86_400_000
const ownerOnly = 0o600

export interface SignRequest {
  /** Name of the authority: its files are NAME-ca.pem and NAME-ca.key. */
  readonly authority: string
  readonly commonName: string
  /** DNS names and addresses; none for a client. */
  readonly hosts: readonly string[]
  readonly days: number
  /** Of the file, without .pem. */
  readonly file: string
}

/** Returns the paths of what was written. */
export async function createAuthority(dir: string, name: string, days: number): Promise<string[]> {
  const [certificatePath, keyPath] = authorityPaths(dir, name)
  refuseExisting(certificatePath, keyPath)
  const fromMs = Date.now()
  const pair = await makeAuthority(`samsa ${name}`, { fromMs, untilMs: fromMs + days * dayMs })
  mkdirSync(dir, { recursive: true })
  write(keyPath, pair.key, ownerOnly)
  write(certificatePath, pair.certificate, 0o644)
  return [certificatePath, keyPath]
}

/** Returns the path of what was written. */
export async function sign(dir: string, request: SignRequest): Promise<string> {
  const { authority, commonName, hosts, days, file } = request
  const path = join(dir, `${file}.pem`)
  refuseExisting(path)
  const [certificatePath, keyPath] = authorityPaths(dir, authority)
  if (!existsSync(certificatePath) || !existsSync(keyPath)) {
    throw new CommandError(
      `there is no ${certificatePath} with its key: make one by samsa certs ca ${authority} --dir ${dir}`,
      1,
    )
  }
  const certificate = readFileSync(certificatePath, 'utf8')
  const untilMs = new Date(new X509Certificate(certificate).validTo).getTime()
  const signer = { certificate, key: readFileSync(keyPath, 'utf8'), untilMs }
  const fromMs = Date.now()
  const validity = { fromMs, untilMs: fromMs + days * dayMs }
  const pair = await makeLeaf(signer, { commonName, hosts, ...validity })
  write(path, pair.key + pair.certificate, ownerOnly)
  return path
}

export interface ShownCertificate {
  readonly file: string
  readonly subject: string
  readonly names: string
  readonly issuer: string
  readonly validUntil: string
  readonly daysLeft: number
}

/** Every certificate of a PEM file, in its order. */
export function certificatesIn(file: string): ShownCertificate[] {
  const text = readText(file)
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new CommandError(`${file} has no certificate in PEM form`, 1)
  return blocks.map((block) => {
    const certificate = new X509Certificate(block)
    const untilMs = new Date(certificate.validTo).getTime()
    return {
      file,
      subject: oneLine(certificate.subject),
      names: (certificate.subjectAltName ?? '').replace(/DNS:|IP Address:/g, ''),
      issuer: oneLine(certificate.issuer),
      validUntil: new Date(untilMs).toISOString(),
      daysLeft: Math.floor((untilMs - Date.now()) / dayMs),
    }
  })
}

/** A name that becomes part of a file's. */
export function checkedName(name: string): string {
  if (/^[\w][\w.-]{0,63}$/.test(name)) return name
  throw new UsageError(`'${name}' is no name for a file: use letters, digits, '.', '_' and '-'`)
}

function oneLine(distinguishedName: string): string {
  return distinguishedName.split('\n').toReversed().join(',')
}

function authorityPaths(dir: string, name: string): [string, string] {
  return [join(dir, `${name}-ca.pem`), join(dir, `${name}-ca.key`)]
}

function refuseExisting(...paths: readonly string[]): void {
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) return
  throw new CommandError(`${found} is there already: move it away, or use another --dir`, 1)
}

function write(path: string, content: string, mode: number): void {
  try {
    writeFileSync(path, content, { mode, flag: 'wx' })
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${(error as Error).message}`, 1)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${(error as Error).message}`, 1)
  }
}
