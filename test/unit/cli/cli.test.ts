// The command line as a whole: help on everything, exit codes, and one line for whatever is wrong.

import { readFileSync } from 'node:fs'
import { commands } from '@samsa/cli/command/table'
import { checkNode } from '@samsa/cli/node-version'
import { describe, expect, it } from 'vitest'
import { runSamsa } from '../../support/cli/run-cli.ts'

const refusedAddress = ['--bootstrap-server', '127.0.0.1:1']

describe('help', () => {
  it('lists every command', async () => {
    const { code, stdout } = await runSamsa(['--help'])
    expect(code).toBe(0)
    for (const { name, summary } of commands) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.replaceAll('.', '\\.')}$`, 'm'))
    }
  })

  it('is shown when no command is given', async () => {
    expect(await runSamsa([])).toEqual(await runSamsa(['--help']))
  })

  it.each(commands.map(({ name }) => name))(
    'of %s fits a terminal and has its options',
    async (name) => {
      const { code, stdout } = await runSamsa([...name.split(' '), '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: samsa ${name}`)
      expect(stdout).toContain('--help')
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    },
  )

  it('of a family lists its commands', async () => {
    const { code, stdout } = await runSamsa(['topic', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('topic create')
    expect(stdout).not.toContain('group list')
  })
})

describe('--version', () => {
  it('is that of package.json', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect((await runSamsa(['--version'])).stdout).toBe(`${version}\n`)
  })
})

describe('exit codes', () => {
  it.each([
    [['tpic'], "unknown command 'tpic'; did you mean 'topic'?"],
    [['topic', 'lst'], "did you mean 'topic list'?"],
    [['topic'], 'topic needs one of create, list'],
    [['topic', 'create'], '<topic>... is missing'],
    [['topic', 'list', 'extra'], "unexpected argument 'extra'"],
    [['topic', 'alter', 't'], 'nothing to change'],
    [['topic', 'list', '--bootstrap-server', 'a:b:c'], "'a:b:c' is not an address"],
    [['produce'], '--topic is required'],
    [['produce', '--topic', 't', '--key-separator', ':', '--format', 'json'], '--format line'],
    [['produce', '--topic', 't', '--key-pattern', '('], '--key-pattern'],
    [['consume'], '--topic is required'],
    [
      ['consume', '--topic', 't', '--group', 'g', '--partitions', '0'],
      '--partitions cannot go with',
    ],
    [['consume', '--topic', 't', '--group-instance', 'i'], '--group-instance goes with --group'],
    [['consume', '--topic', 't', '--show', 'ofset'], "--show 'ofset'"],
    [['consume', '--topic', 't', '--from', 'there'], "--from 'there'"],
    [['config', 'get'], 'give one of --topic'],
    [['config', 'set', '--topic', 't', '--broker', '1', 'a=b'], 'give one of --topic'],
    [['config', 'set', '--topic', 't'], 'nothing to change'],
    [['group', 'reset', 'g'], '--to is required'],
    [['quorum', 'remove', 'four'], "'four' is not the number of a node"],
    [['quorum', 'remove'], '<node> is missing'],
    [['partition', 'reassign'], 'name topics, or give --plan'],
    [['partition', 'reassign', '--status', '--cancel'], 'give one of --status and --cancel'],
    [['partition', 'reassign', 't', '--plan', 'x'], 'name no topics'],
    [['partition', 'reassign', '--plan', '/does/not/exist'], 'cannot read the plan'],
    [['partition', 'rebalance', 't:x'], "'t:x': 'x' is not a number or a range"],
    [['partition', 'rebalance', '--throttle', 'fast'], "'fast' is not a size"],
    [['dev', '--nodes', '101'], "--nodes '101' is not a whole number from 1 to 100"],
    [['dev', '--port', '60000'], "--port '60000'"],
    [['node', '--config', '/does/not/exist'], 'cannot read the configuration'],
  ])('are 2 for bad usage: %j', async (args, message) => {
    const { code, stdout, stderr } = await runSamsa(args)
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n').length).toBe(1)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it.each([
    [['topic', 'list']],
    [['produce', '--topic', 't']],
    [['consume', '--topic', 't']],
    [['group', 'list']],
  ])('are 1, with a line that helps, when the cluster is not there: %j', async (args) => {
    const { code, stderr } = await runSamsa([...args, ...refusedAddress])
    expect(stderr).toMatch(/^samsa: nothing listens at 127\.0\.0\.1:1; .+\n$/)
    expect(code).toBe(1)
  })
})

describe('the version of Node', () => {
  it('must be that of package.json or newer', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      engines: { node: string }
    }
    expect(engines.node).toBe('>=22.19')
    expect(checkNode('22.19.0')).toBeUndefined()
    expect(checkNode('24.0.0')).toBeUndefined()
    expect(checkNode('22.18.9')).toContain('too old')
    expect(checkNode('20.20.2')).toContain('too old')
  })

  it('is held to the same bound by the start from source', () => {
    const source = readFileSync('cli/from-source.js', 'utf8')
    expect(source).toContain('const majorMin = 22\n')
    expect(source).toContain('const minorMin = 19\n')
  })
})
