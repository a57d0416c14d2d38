// Makes docs/CONFIGURATION.md: every config that has an effect, with its default and meaning, read
// from the tables that also check and answer them. `npm run gen` writes it; the tidy test holds the
// page to the tables.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brokerConfigs } from '@samsa/broker/config/broker-configs'
import { type ConfigDefinition, defaultText } from '@samsa/broker/config/definition'
import { groupConfigs } from '@samsa/broker/config/group-configs'
import { topicConfigs } from '@samsa/broker/config/topic-configs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const configurationFile = join(root, 'docs/CONFIGURATION.md')

export function configurationPage(): string {
  const broker = shown(brokerConfigs.definitions)
  return `# Configuration

<!-- Made by \`npm run gen\` from broker/config: change it there. -->

Names, defaults and meaning are Kafka's; what starts with \`samsa.\` is our own. A key that no table
has stops the start and names the nearest one. Changes at run time go by \`samsa config set\`, or by
any tool of Kafka.

## Broker

In \`server.properties\`, or as \`--override key=value\`. The column "changes" says whether a node
takes a new value while it runs: for itself, or for the whole cluster.

| key | default | changes | meaning |
|--|--|--|--|
${broker.filter(isEffective).map(brokerRow).join('\n')}

## Topic

| key | default | meaning |
|--|--|--|
${shown(topicConfigs.definitions).filter(isEffective).map(row).join('\n')}

## Group

| key | default | meaning |
|--|--|--|
${shown(groupConfigs.definitions).map(row).join('\n')}

## Kafka's keys without effect here

A file that sets one of these gets a warning in the log:

${names(broker, 'accepted')}

To run without one of these would be less safe than the file asks for, so that any value but the
default stops the start:

${names(broker, 'refused')}

Topic configs that are accepted, stored and shown, and change nothing yet:

${names(shown(topicConfigs.definitions), 'accepted')}
`
}

function shown(definitions: Iterable<ConfigDefinition>): ConfigDefinition[] {
  const all = [...definitions].filter(({ internal }) => !internal)
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isEffective({ effect }: ConfigDefinition): boolean {
  return effect === 'effective'
}

const dynamicText = { 'read-only': '-', 'per-broker': 'broker', 'cluster-wide': 'cluster' } as const

function brokerRow(definition: ConfigDefinition): string {
  const { name, dynamic, doc } = definition
  return `| ${name} | ${defaultOf(definition)} | ${dynamicText[dynamic]} | ${cell(doc)} |`
}

function row(definition: ConfigDefinition): string {
  return `| ${definition.name} | ${defaultOf(definition)} | ${cell(definition.doc)} |`
}

function defaultOf(definition: ConfigDefinition): string {
  if (definition.default === undefined) return '(must be given)'
  const text = defaultText(definition)
  return text === null || text === '' ? '-' : cell(text)
}

function names(definitions: readonly ConfigDefinition[], effect: string): string {
  const found = definitions.filter((definition) => definition.effect === effect)
  return found.length === 0 ? 'none.' : found.map(({ name }) => `\`${name}\``).join(', ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
