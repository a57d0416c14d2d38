// A kind of resource, declared once: its CustomResourceDefinition and its TypeScript type come of
// it. Group and version are the project's contract: samsa.io/v1.

import { type OpenApi, openApi } from './openapi.ts'
import type { Infer, ObjectSchema } from './schema.ts'

export const group = 'samsa.io'
export const version = 'v1'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  /** JSONPath into the resource. */
  readonly path: string
  /** 1: shown by `kubectl get -o wide` only. */
  readonly priority?: number
}

export interface ResourceDefinition<
  S extends ObjectSchema = ObjectSchema,
  T extends ObjectSchema = ObjectSchema,
> {
  readonly kind: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly description: string
  readonly spec: S
  readonly status: T
  readonly columns: readonly Column[]
  /** Fields that `kubectl scale` sets and reads. */
  readonly scale?: { readonly spec: string; readonly status: string }
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** A resource as the API server hands it out. */
export interface Resource<Spec, Status> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec: Spec
  readonly status?: Status
}

export type ResourceOf<R> =
  R extends ResourceDefinition<infer S, infer T> ? Resource<Infer<S>, Infer<T>> : never

export function defineResource<S extends ObjectSchema, T extends ObjectSchema>(
  definition: ResourceDefinition<S, T>,
): ResourceDefinition<S, T> {
  return definition
}

/** The object that `kubectl apply` takes. */
export function customResourceDefinition(resource: ResourceDefinition): OpenApi {
  const { kind, plural, shortNames, description, spec, status, columns, scale } = resource
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ['samsa'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: {
            status: {},
            ...(scale !== undefined && {
              scale: { specReplicasPath: scale.spec, statusReplicasPath: scale.status },
            }),
          },
          additionalPrinterColumns: columns.map(({ path, ...column }) => ({
            ...column,
            jsonPath: path,
          })),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: openApi(spec),
                status: openApi(status),
              },
            },
          },
        },
      ],
    },
  }
}
