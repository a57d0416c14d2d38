// Plays the kubelet and the volume provisioner over the API server in memory: pods become ready,
// deleted ones go, claims are bound and grow. What a test wants broken it says by `isBad`.

import type { ObjectStore, StoredObject } from '../kube-api/store.ts'

export interface FakeKubelet {
  /** Pods whose spec is so that they never become ready. */
  isBad: (pod: StoredObject) => boolean
  /** Names of the pods that became ready, in order. */
  readonly started: string[]
  stop(): void
}

export function fakeKubelet(store: ObjectStore): FakeKubelet {
  const started: string[] = []
  const kubelet: FakeKubelet = { isBad: () => false, started, stop: () => stop() }
  const stop = store.subscribe(({ type, collection, object }) => {
    const { name, namespace } = object.metadata
    const place = { collection, namespace, name }
    if (type === 'DELETED') return
    if (collection === 'v1/pods') {
      queueMicrotask(() => {
        const now = store.find(place)
        if (now === undefined || now['status'] !== undefined) return
        const isBad = kubelet.isBad(now)
        store.mergePatch(place, { status: isBad ? crashing : running }, 'status')
        if (!isBad) started.push(name)
      })
    } else if (collection === 'v1/persistentvolumeclaims') {
      queueMicrotask(() => {
        const now = store.find(place)
        const { spec } = (now ?? {}) as { spec?: { resources: { requests: { storage: string } } } }
        const storage = spec?.resources.requests.storage
        if (storage === undefined) return
        store.mergePatch(place, { status: { phase: 'Bound', capacity: { storage } } }, 'status')
      })
    }
  })
  return kubelet
}

const running = {
  phase: 'Running',
  hostIP: '10.0.0.1',
  conditions: [{ type: 'Ready', status: 'True' }],
}

const crashing = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False' }],
  containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff', message: 'no' } } }],
}
