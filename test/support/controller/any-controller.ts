// A controller of which a test gives the methods that it expects to be called; any other fails.

import type { Controller } from '@samsa/controller/controller'

export function anyController(given: Partial<Controller>): Controller {
  return new Proxy(given as Controller, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name)
      throw new Error(`nobody should call ${String(name)}`)
    },
  })
}
