// Authorities and certificates of nodes, made for a test, and the files that nodes read them from.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyPair, makeAuthority, makeLeaf } from '@samsa/operator/pki/issue'

const hourMs = 3_600_000

export class Authority {
  readonly certificate: string
  readonly #pair: KeyPair
  readonly #untilMs: number

  static async make(name: string): Promise<Authority> {
    const untilMs = Date.now() + hourMs
    return new Authority(await makeAuthority(name, { fromMs: Date.now(), untilMs }), untilMs)
  }

  private constructor(pair: KeyPair, untilMs: number) {
    this.certificate = pair.certificate
    this.#pair = pair
    this.#untilMs = untilMs
  }

  /** For node names, or for anybody else. */
  sign(commonName: string, hosts: readonly string[] = [commonName]): Promise<KeyPair> {
    const untilMs = this.#untilMs
    const request = { commonName, hosts, fromMs: Date.now(), untilMs }
    return makeLeaf({ ...this.#pair, untilMs }, request)
  }
}

/** What one node reads: its key with its certificate, and whom it trusts. */
export class NodeFiles {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
    mkdirSync(dir, { recursive: true })
  }

  show({ key, certificate }: KeyPair): void {
    this.#replace('node.pem', key + certificate)
  }

  trust(...authorities: readonly Authority[]): void {
    this.#replace('trusted.pem', authorities.map(({ certificate }) => certificate).join(''))
  }

  /** As a careful administrator would: never half a file. */
  #replace(name: string, text: string): void {
    const path = join(this.#dir, name)
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }

  get configs(): string[] {
    const prefix = 'listener.name.controller.ssl'
    return [
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:SSL',
      `${prefix}.keystore.type=PEM`,
      `${prefix}.keystore.location=${join(this.#dir, 'node.pem')}`,
      `${prefix}.truststore.type=PEM`,
      `${prefix}.truststore.location=${join(this.#dir, 'trusted.pem')}`,
    ]
  }
}
