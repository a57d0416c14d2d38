// The settings of one listener: `listener.name.<name>.<key>` where it is set, and the plain key for
// all listeners otherwise. Reads only; what follows from the values is for listener-security.ts.

import { brokerConfigs } from './broker-configs.ts'
import type { BrokerValues } from './layers.ts'
import type { ConfigValue } from './value.ts'

export class ListenerValues {
  readonly #values: BrokerValues
  readonly #prefix: string

  constructor(values: BrokerValues, listener: string) {
    this.#values = values
    this.#prefix = `listener.name.${listener.toLowerCase()}.`
  }

  /** The key that the value comes from, for errors that name it. */
  keyOf(name: string): string {
    const own = this.#prefix + name
    return this.#values.isSet(own) ? own : name
  }

  get(name: string): ConfigValue {
    // Asked for in any case, so that a test sees which plain keys have an effect.
    const shared = this.#values.get(name)
    const own = this.#prefix + name
    return this.#values.isSet(own) ? this.#values.read(brokerConfigs.expect(name), own) : shared
  }

  string(name: string): string | null {
    const value = this.get(name)
    return value === null || value === '' ? null : String(value)
  }

  list(name: string): readonly string[] {
    const value = this.get(name)
    return value !== null && typeof value === 'object' ? value : []
  }

  number(name: string): number {
    return Number(this.get(name) ?? 0)
  }

  /** The same for one SASL mechanism: `listener.name.<name>.<mechanism>.<key>` comes first. */
  forMechanism(name: string, mechanism: string): ConfigValue {
    const shared = this.get(name)
    const own = `${this.#prefix}${mechanism.toLowerCase()}.${name}`
    return this.#values.isSet(own) ? this.#values.read(brokerConfigs.expect(name), own) : shared
  }
}
