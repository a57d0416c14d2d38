// Makes docs/COMPATIBILITY.md: which APIs of the Kafka protocol are served, in which versions, and
// where they differ, read from the handlers' registry and the headers of their files.
// `npm run gen` writes it; the tidy test holds the page to it.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { handlers } from '@samsa/broker/handlers/registry'
import { type ApiName, advertisedVersions, apis } from '@samsa/proto/kafka/apis'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const compatibilityFile = join(root, 'docs/COMPATIBILITY.md')

/** APIs that the reference release has and the schemas of proto/kafka leave out, with why. */
const outside = [
  ['4-7', 'LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown', 'gone since Kafka 4.0'],
  [
    '52-54, 56, 58, 59, 62, 63, 67, 70, 73, 82',
    'Vote, BeginQuorumEpoch, EndQuorumEpoch, AlterPartition, Envelope, FetchSnapshot, ' +
      'BrokerRegistration, BrokerHeartbeat, AllocateProducerIds, ControllerRegistration, ' +
      'AssignReplicasToDirs, UpdateRaftVoter',
    "between Kafka's own nodes; Samsa's nodes talk by a protocol of their own",
  ],
  [
    '83-87',
    'the state of share groups',
    "between Kafka's own nodes; Samsa's nodes talk by a protocol of their own",
  ],
] as const

export function compatibilityPage(): string {
  const served = new Set<ApiName>(handlers.map(({ api }) => api))
  const names = (Object.keys(apis) as ApiName[]).sort((a, b) => apis[a].key - apis[b].key)
  const servedRows = names.filter((name) => served.has(name)).map(servedRow)
  const missingRows = names.filter((name) => !served.has(name)).map(missingRow)
  return `# Compatibility

<!-- Made by \`npm run gen\` from broker/handlers: change it there. -->

Samsa speaks the wire protocol of Apache Kafka 4.3.1: for each API that is served, ApiVersions shows
exactly the versions that this release shows. What is not served is not shown, so that clients and
tools see it and fall back or say so.

## Served

| key | API | versions | known differences |
|--:|--|--|--|
${servedRows.join('\n')}

Produce shows versions from 0 on, as Kafka does, and refuses those below 3, as Kafka does: older
librdkafka turns compression off otherwise (KAFKA-18659).

## Not served

| key | API | versions of Kafka 4.3.1 |
|--:|--|--|
${missingRows.join('\n')}

| keys | APIs | why they will not be |
|--|--|--|
${outside.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

Records are of format 2 (magic 2) only, as in Kafka 4. Client listeners are
PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, with PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and
OAUTHBEARER; keys are read from PEM or PKCS12. ACLs are those of Kafka's StandardAuthorizer.

OAUTHBEARER takes signed tokens only (KIP-768), with public keys: RS, PS and ES with 256, 384 or 512
bits, and EdDSA. No Java class is loaded, and the tokens without a signature that Kafka takes where
nothing else is configured are refused. The keys' URL has to be in
\`samsa.sasl.oauthbearer.allowed.urls\`, what Kafka's JVM property
\`org.apache.kafka.sasl.oauthbearer.allowed.urls\` is; it is not \`http:\` but on this machine.
`
}

function servedRow(name: ApiName): string {
  const { key, name: shown } = apis[name]
  return `| ${key} | ${shown} | ${rangeOf(name)} | ${differences(name)} |`
}

function missingRow(name: ApiName): string {
  return `| ${apis[name].key} | ${apis[name].name} | ${rangeOf(name)} |`
}

function rangeOf(name: ApiName): string {
  const { min, max } = advertisedVersions(name)
  return min === max ? String(min) : `${min}-${max}`
}

const marker = 'Differs from Kafka:'

/** What a handler's file says behind the marker, up to the end of its header. */
function differences(name: ApiName): string {
  const file = join('broker/handlers', `${kebabCase(name)}.ts`)
  const header = headerOf(readFileSync(join(root, file), 'utf8'))
  const at = header.indexOf(marker)
  if (at < 0) throw new Error(`${file} does not say '${marker}' in its header`)
  const said = header.slice(at + marker.length).trim()
  return /^nothing known\.?$/.test(said) ? 'none' : said.replaceAll('|', '\\|')
}

function headerOf(text: string): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith('//')) break
    lines.push(line.slice(2).trim())
  }
  return lines.join(' ')
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
