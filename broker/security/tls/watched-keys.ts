// Key material of TLS that is read again while the node runs, because every way of replacing files
// shows in their content and no watcher sees all of them. A change that cannot be used is told once
// and changes nothing. Owns the timer; what the material is used for is its user's affair.

import type { SecureContextOptions } from 'node:tls'
import type { Timers } from '../../clock.ts'
import type { TlsConfig } from '../../config/listener-tls.ts'
import type { Disk } from '../../disk/disk.ts'
import { readKeyMaterial } from './key-material.ts'

/** Reading a few small files costs some 0.1 ms, and sees every way of replacing them. */
const checkEveryMs = 1_000

export interface KeyEvents {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface WatchedKeysOptions {
  readonly listener: string
  /** As it is now. */
  readonly config: () => TlsConfig
  readonly disk: Disk
  readonly timers: Timers
  readonly events: KeyEvents
}

export class WatchedKeys {
  /** What was read first. */
  readonly material: SecureContextOptions
  readonly #options: WatchedKeysOptions
  #use: (material: SecureContextOptions) => void = () => {}
  #inUse: string
  /** The last change that could not be used, so that it is told once. */
  #refused = ''
  #timer: { cancel(): void } | null = null
  #closed = false

  /** Rejects with what is wrong with the keys, and where. */
  static async open(options: WatchedKeysOptions): Promise<WatchedKeys> {
    return new WatchedKeys(options, await readKeyMaterial(options.config(), options.disk))
  }

  private constructor(options: WatchedKeysOptions, material: SecureContextOptions) {
    this.#options = options
    this.material = material
    this.#inUse = fingerprint(material)
  }

  /** `use` is given what has changed. It throws when it cannot take it, and keeps what it had. */
  watch(use: (material: SecureContextOptions) => void): void {
    this.#use = use
    this.#watch()
  }

  #watch(): void {
    if (this.#closed) return
    this.#timer = this.#options.timers.schedule(checkEveryMs, () => {
      void this.#check().then(() => this.#watch())
    })
  }

  async #check(): Promise<void> {
    const { listener, config, disk, events } = this.#options
    let seen = ''
    try {
      const material = await readKeyMaterial(config(), disk)
      seen = fingerprint(material)
      if (seen === this.#inUse || this.#closed) return
      this.#use(material)
      this.#inUse = seen
      this.#refused = ''
      events.info({ listener }, 'new certificates are in use')
    } catch (error) {
      const problem = `${seen}${(error as Error).message}`
      if (problem === this.#refused) return
      this.#refused = problem
      events.warn({ listener, error }, 'changed certificates cannot be used; the old ones stay')
    }
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }
}

/** Tells one state of the material from another; kept in memory only. */
function fingerprint({ pfx, ...rest }: SecureContextOptions): string {
  const store = Buffer.isBuffer(pfx) ? pfx.toString('base64') : ''
  return JSON.stringify([store, rest])
}
