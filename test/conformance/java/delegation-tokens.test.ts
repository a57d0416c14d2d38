// Delegation tokens by Kafka's own tool (DelegationTokenCommand), and a Java client that logs in by
// one.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  kafkaTools,
  lines,
  type RunTool,
  tableRows,
} from '../../support/conformance/kafka-tools.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'

const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule'

conformanceSuite('Delegation tokens with Java tools', ['java'], () => {
  const dir = mkdtempSync(join(tmpdir(), 'samsa-tokens-'))
  let node: TestNode
  let tools: RunTool
  let ada: string

  beforeAll(async () => {
    node = await startTestNode([
      'listeners=PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512',
      'delegation.token.secret.key=a secret of all nodes',
    ])
    tools = kafkaTools(`127.0.0.1:${node.portOf('SASL_PLAINTEXT')}`)
    const open = kafkaTools(`127.0.0.1:${node.port}`)
    const user = ['--entity-type', 'users', '--entity-name', 'ada']
    const credential = 'SCRAM-SHA-512=[password=pencil]'
    await open('configs', ['--alter', ...user, '--add-config', credential])
    ada = clientConfig('ada', 'SCRAM-SHA-512', 'username="ada" password="pencil"')
  })
  afterAll(async () => {
    await node?.close()
    rmSync(dir, { recursive: true })
  })

  function clientConfig(name: string, mechanism: string, options: string): string {
    const path = join(dir, `${name}.properties`)
    const settings = [
      'security.protocol=SASL_PLAINTEXT',
      `sasl.mechanism=${mechanism}`,
      `sasl.jaas.config=${scramModule} required ${options};`,
    ]
    writeFileSync(path, settings.join('\n'))
    return path
  }

  const asAda = (...args: string[]) =>
    tools('delegationTokens', [...args, '--command-config', ada], { allowFailure: true })

  /** Id and HMAC of the tokens in a table of the tool. */
  function tokensOf(rows: string[][]): { id: string; hmac: string }[] {
    return rows
      .filter(([id = '']) => /^[\w-]{22}$/.test(id))
      .map(([id = '', hmac = '']) => ({ id, hmac }))
  }

  // Without an owner the tool asks for the tokens of none.
  const describe = ['--describe', '--owner-principal', 'User:ada']

  it('are made, described, renewed and expired; a client logs in by one', async () => {
    const renewer = ['--renewer-principal', 'User:bob']
    const made = await asAda('--create', '--max-life-time-period', '-1', ...renewer)
    const [token] = tokensOf(tableRows(made))
    if (token === undefined) throw new Error(made.text)
    expect(made.text).toContain('User:ada')
    const seen = await asAda(...describe)
    expect(tokensOf(tableRows(seen)), seen.text).toEqual([token])

    const options = `username="${token.id}" password="${token.hmac}" tokenauth="true"`
    const byToken = clientConfig('by-token', 'SCRAM-SHA-256', options)
    await tools('topics', ['--create', '--topic', 'by-token', '--command-config', byToken])
    const listed = await tools('topics', ['--list', '--command-config', byToken])
    expect(lines(listed)).toContain('by-token')
    const another = await tools(
      'delegationTokens',
      ['--create', '--max-life-time-period', '-1', '--command-config', byToken],
      { allowFailure: true },
    )
    expect(another.text).toMatch(/DelegationTokenDisabled|not allow|may not|UnsupportedByAuth/i)

    const renewed = await asAda('--renew', '--renew-time-period', '3600000', '--hmac', token.hmac)
    expect(renewed.text).toMatch(/Completed renew operation/)
    const expired = await asAda('--expire', '--expiry-time-period', '-1', '--hmac', token.hmac)
    expect(expired.text).toMatch(/Completed expire operation/)
    expect(tokensOf(tableRows(await asAda(...describe)))).toEqual([])
    const refused = await tools('topics', ['--list', '--command-config', byToken], {
      allowFailure: true,
    })
    expect(refused.text).toMatch(/SaslAuthenticationException|[Aa]uthentication failed/)
  })
})
