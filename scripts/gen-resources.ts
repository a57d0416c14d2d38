// Makes what is told of the custom resources: their definitions in the chart, and
// docs/RESOURCES.md. `npm run gen` writes them; a test holds them to operator/resources.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kafkaCluster } from '@samsa/operator/resources/kafka-cluster'
import { kafkaTopic } from '@samsa/operator/resources/kafka-topic'
import { kafkaUser } from '@samsa/operator/resources/kafka-user'
import { openApi } from '@samsa/operator/resources/openapi'
import {
  customResourceDefinition,
  type ResourceDefinition,
} from '@samsa/operator/resources/resource'
import { yaml } from './yaml.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const resources: readonly ResourceDefinition[] = [kafkaCluster, kafkaTopic, kafkaUser]

export interface MadeFile {
  readonly path: string
  readonly text: string
}

export function resourceFiles(): MadeFile[] {
  return [
    ...resources.map((resource) => ({
      path: join(root, `charts/samsa/templates/crds/${resource.plural}.yaml`),
      text: template(resource),
    })),
    { path: join(root, 'docs/RESOURCES.md'), text: page() },
  ]
}

/** A template, and no file of Helm's crds/ folder: those are never upgraded. */
function template(resource: ResourceDefinition): string {
  const text = yaml(customResourceDefinition(resource))
  if (text.includes('{{')) throw new Error(`${resource.kind}: its definition would be a template`)
  const kept = `metadata:
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`
  return `{{- /* Made by npm run gen from operator/resources: change it there. */}}
{{- if .Values.crds.install }}
${text.replace('metadata:\n', kept)}{{- end }}
`
}

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly enum?: readonly string[]
  readonly default?: string | number | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
}

function page(): string {
  return `# Resources

<!-- Made by \`npm run gen\` from operator/resources: change it there. -->

The custom resources of Kubernetes that the operator serves, in group \`samsa.io\`, version \`v1\`.
What a rule forbids is refused by the API server, with the rule's words.

${resources.map((resource) => section(resource)).join('\n')}`
}

function section({ kind, description, shortNames, spec, status }: ResourceDefinition): string {
  const [specSchema, statusSchema] = [openApi(spec), openApi(status)] as [Schema, Schema]
  const rules = [...rulesOf(specSchema, 'spec')]
  return `## ${kind}

${description} Short name: \`${shortNames.join('`, `')}\`.

| field | type | default | meaning |
|--|--|--|--|
${[...rows(specSchema, 'spec')].join('\n')}

Rules:

${rules.length === 0 ? 'none.' : rules.join('\n')}

| status | type | | meaning |
|--|--|--|--|
${[...rows(statusSchema, 'status')].join('\n')}
`
}

function* rows(schema: Schema, path: string): Generator<string> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const own = `${path}.${name}`
    const mark = schema.required?.includes(name) === true ? ', required' : ''
    const byDefault = field.default === undefined ? '' : String(field.default)
    const cells = [`\`${own}\``, `${typeText(field)}${mark}`, byDefault, field.description ?? '']
    yield `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
    yield* rows(field.items ?? field, field.items === undefined ? own : `${own}[]`)
  }
}

function typeText(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.join(', ')
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`
  if (schema.additionalProperties !== undefined) return 'map'
  const { type = 'integer or string', minimum, maximum } = schema
  if (minimum === undefined) return type
  return maximum === undefined ? `${type} from ${minimum}` : `${type} ${minimum} to ${maximum}`
}

function* rulesOf(schema: Schema, path: string): Generator<string> {
  for (const { message } of schema['x-kubernetes-validations'] ?? []) {
    yield `- \`${path}\`: ${message}`
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield* rulesOf(field, `${path}.${name}`)
  }
  if (schema.items !== undefined) yield* rulesOf(schema.items, `${path}[]`)
}
