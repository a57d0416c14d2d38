// Reads what TLS needs from where the configuration says it is, as node:tls takes it. Keys pass
// through here only; they are in no error and no log.

import type { SecureContextOptions } from 'node:tls'
import type { PemSource, TlsConfig } from '../../config/listener-tls.ts'
import type { Disk } from '../../disk/disk.ts'

/** Rejects with the file's error, or with what is missing in it. */
export async function readKeyMaterial(
  config: TlsConfig,
  disk: Disk,
): Promise<SecureContextOptions> {
  const { key, trusted, minVersion, maxVersion, ciphers } = config
  const material: SecureContextOptions = {
    minVersion,
    maxVersion,
    ...(ciphers === null ? {} : { ciphers }),
    // Without any, nobody is trusted: never the authorities that Node brings along.
    ca: trusted === null ? [] : await readPem(trusted, disk),
  }
  const passphrase = key.password === null ? {} : { passphrase: key.password }
  if (key.format === 'pkcs12') {
    return { ...material, ...passphrase, pfx: await disk.readFile(key.path) }
  }
  const pem = await readPem(key.source, disk)
  demand(/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem), key.source, 'no private key')
  demand(pem.includes('-----BEGIN CERTIFICATE-----'), key.source, 'no certificate')
  return { ...material, ...passphrase, key: pem, cert: pem }
}

async function readPem(source: PemSource, disk: Disk): Promise<string> {
  return source.type === 'text' ? source.pem : (await disk.readFile(source.path)).toString('utf8')
}

function demand(holds: boolean, source: PemSource, problem: string): void {
  if (holds) return
  const where = source.type === 'file' ? source.path : 'ssl.keystore.key and its chain'
  throw new Error(`${where} has ${problem} in PEM form`)
}
