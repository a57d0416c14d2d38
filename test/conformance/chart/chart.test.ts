// The chart as Helm renders it: lint, values that are refused, both ways of installing, and the
// plain manifests. Needs helm, which test/kube builds.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { helm, kubeVersion, manifests, manifestsFile } from '../../../scripts/gen-manifests.ts'

const render = (...set: string[]) =>
  helm([
    'template',
    'samsa',
    'charts/samsa',
    '--namespace',
    'streams',
    ...kubeVersion,
    ...set.flatMap((one) => ['--set', one]),
  ])

/** Documents of a kind. */
function kindsOf(text: string, kind: string): string[] {
  return text.split(/^---$/m).filter((part) => new RegExp(`^kind: ${kind}$`, 'm').test(part))
}

describe('the chart', () => {
  it('is what helm lint finds nothing wrong with', () => {
    const { status, stdout } = helm(['lint', '--strict', ...kubeVersion, 'charts/samsa'])
    expect(stdout).toContain('0 chart(s) failed')
    expect(status).toBe(0)
  })

  it('installs for the whole cluster: definitions, rights, two replicas', () => {
    const { stdout } = render()
    expect(kindsOf(stdout, 'CustomResourceDefinition')).toHaveLength(3)
    expect(kindsOf(stdout, 'CustomResourceDefinition')[0]).toContain(
      'helm.sh/resource-policy: keep',
    )
    expect(kindsOf(stdout, 'ClusterRole')).toHaveLength(1)
    const [deployment = ''] = kindsOf(stdout, 'Deployment')
    expect(deployment).toContain('replicas: 2')
    expect(deployment).toContain('runAsNonRoot: true')
    expect(deployment).toContain('readOnlyRootFilesystem: true')
    expect(deployment).not.toContain('--namespace=')
    expect(kindsOf(stdout, 'PodDisruptionBudget')).toHaveLength(1)
    expect(kindsOf(stdout, 'NetworkPolicy')).toHaveLength(1)
    expect(kindsOf(stdout, 'PodMonitor')).toHaveLength(0)
  })

  it('installs for some namespaces with nothing of the cluster', () => {
    const { stdout } = render('clusterWide=false', 'namespaces={a,b}', 'crds.install=false')
    expect(kindsOf(stdout, 'ClusterRole')).toEqual([])
    expect(kindsOf(stdout, 'ClusterRoleBinding')).toEqual([])
    expect(kindsOf(stdout, 'CustomResourceDefinition')).toEqual([])
    const roles = kindsOf(stdout, 'Role').filter((role) => role.includes('samsa.io'))
    expect(roles.filter((role) => /^ {2}namespace: [ab]$/m.test(role))).toHaveLength(2)
    expect(kindsOf(stdout, 'Deployment')[0]).toContain('--namespace=a')
    const own = render('clusterWide=false').stdout
    expect(kindsOf(own, 'Deployment')[0]).toContain('--namespace=streams')
  })

  it('lets definitions go with the release where that is wanted', () => {
    expect(render('crds.keep=false').stdout).not.toContain('resource-policy')
  })

  it('brings what Prometheus and Grafana look for', () => {
    const { stdout } = render('podMonitor.enabled=true', 'dashboard.enabled=true')
    expect(kindsOf(stdout, 'PodMonitor')[0]).toContain('port: http')
    const [page = ''] = kindsOf(stdout, 'ConfigMap')
    expect(page).toContain('grafana_dashboard: "1"')
    const json = page.slice(page.indexOf('samsa.json: |-') + 'samsa.json: |-'.length)
    expect(JSON.parse(json)).toMatchObject({ title: 'Samsa' })
  })

  it('refuses values that it does not know', () => {
    for (const wrong of ['replica=3', 'replicas=-1', 'logLevel=loud', 'image.repository=']) {
      expect(render(wrong).status).not.toBe(0)
    }
  })
})

describe('the plain manifests', () => {
  it('are what the chart makes', () => {
    expect(readFileSync(manifestsFile, 'utf8')).toBe(manifests())
  })
})
