// Which clients a subscription is for: patterns over what is known of a client, in the syntax of
// RE2, matched in time that grows only with their length. re2js is loaded with the first pattern.

import type { ClientTraits } from './client-instance.ts'

export type Selector = (traits: ClientTraits) => boolean

const texts: ReadonlyMap<string, (traits: ClientTraits) => string> = new Map([
  ['client_instance_id', ({ clientInstanceId }: ClientTraits) => clientInstanceId],
  ['client_id', ({ clientId }) => clientId],
  ['client_software_name', ({ softwareName }) => softwareName],
  ['client_software_version', ({ softwareVersion }) => softwareVersion],
  ['client_source_address', ({ sourceAddress }) => sourceAddress],
  ['client_source_port', ({ sourcePort }) => String(sourcePort)],
])

/** All of `patterns`, each `name=expression`, must match; one that is no RE2 matches nobody. */
export async function selectorOf(patterns: readonly string[]): Promise<Selector> {
  if (patterns.length === 0) return () => true
  const { RE2JS, RE2JSException } = await import('re2js')
  const matchers: Selector[] = []
  for (const pattern of patterns) {
    const [name = '', expression = ''] = pattern.split('=', 2).map((part) => part.trim())
    const textOf = texts.get(name)
    if (textOf === undefined) return () => false
    try {
      const compiled = RE2JS.compile(expression)
      matchers.push((traits) => compiled.matches(textOf(traits)))
    } catch (error) {
      if (error instanceof RE2JSException) return () => false
      throw error
    }
  }
  return (traits) => matchers.every((matches) => matches(traits))
}
