// Reads a scenario file: comments, blocks of commands, and after each block's `----` the trace that
// it must give. Plays the commands and writes the file again with the trace that came.

import { voterId } from '@samsa/raft/core/types'
import { World } from './world.ts'

const divider = '----'

interface Command {
  readonly world: World
  readonly args: readonly string[]
}

function numbers(args: readonly string[]): number[] {
  return args.map((arg) => {
    const value = Number(arg)
    if (!Number.isInteger(value)) throw new Error(`${arg} is no number`)
    return value
  })
}

/** `a 1 2 b 3` by its words. */
function byWord(args: readonly string[], words: readonly string[]): Record<string, string[]> {
  const lists: Record<string, string[]> = {}
  let current = '1st'
  for (const arg of args) {
    if (words.includes(arg)) current = arg
    else {
      lists[current] ??= []
      lists[current]?.push(arg)
    }
  }
  return lists
}

function assignments(args: readonly string[]): Map<string, number> {
  return new Map(
    args.map((arg) => {
      const [name = '', value = ''] = arg.split('=')
      return [name, Number(value)]
    }),
  )
}

function nodeOf({ world, args }: Command) {
  return world.node(Number(args[0]))
}

/** Which messages a `deliver` or `drop` means: `1>2`, and perhaps a type. */
function chosen({ args }: Command) {
  const [link = '', type] = args
  return ({ from, to, message }: { from: string; to: string; message: { type: string } }) =>
    `${from.split('@')[0]}>${to.split('@')[0]}` === link &&
    (type === undefined || message.type === type)
}

function links(world: World, args: readonly string[], direction: 'in' | 'out'): string[] {
  const isolated = new Set(args)
  const all = [...world.nodes].map((node) => node.id.split('@')[0] ?? '')
  return args.flatMap((node) =>
    all
      .filter((other) => !isolated.has(other))
      .map((other) => (direction === 'in' ? `${other}>${node}` : `${node}>${other}`)),
  )
}

const commands: Record<string, (command: Command) => void> = {
  voters: ({ world, args }) => {
    const lists = byWord(args, ['new'])
    world.begin(numbers(lists['1st'] ?? []), numbers(lists.new ?? []))
  },
  options: ({ world, args }) => {
    world.options = { ...world.options, ...Object.fromEntries(assignments(args)) }
  },
  timeouts: ({ world, args }) => {
    for (const [node, timeoutMs] of assignments(args)) world.setTimeoutMs(Number(node), timeoutMs)
  },
  show: ({ world, args }) => world.show(args),
  hide: ({ world, args }) => world.hide(args),
  manual: ({ world }) => {
    world.isAuto = false
  },
  auto: ({ world }) => {
    world.isAuto = true
  },
  settle: ({ world }) => world.settle(),
  deliver: (command) => {
    command.world.deliver(chosen(command))
  },
  drop: (command) => command.world.drop(chosen(command)),
  lose: ({ world, args }) => {
    const [link = '', type = '', ...rest] = args
    const counts = assignments(rest)
    world.lose(link, type, { skip: counts.get('skip') ?? 0, count: counts.get('count') ?? 1 })
  },
  'in-flight': ({ world }) => {
    for (const line of world.inFlight()) world.note(line)
  },
  tick: ({ world, args }) => world.tick(Number.parseInt(args[0] ?? '', 10)),
  cut: ({ world, args }) => world.cut(args),
  isolate: ({ world, args }) =>
    world.cut([...links(world, args, 'in'), ...links(world, args, 'out')]),
  'isolate-inbound': ({ world, args }) => world.cut(links(world, args, 'in')),
  'isolate-outbound': ({ world, args }) => world.cut(links(world, args, 'out')),
  heal: ({ world }) => world.heal(),
  hold: (command) => {
    nodeOf(command).isHeld = true
  },
  write: (command) => {
    const node = nodeOf(command)
    const count = Number(command.args[1] ?? node.disk.pendingCount)
    for (let done = 0; done < count; done++) command.world.completeDisk(node)
  },
  release: (command) => {
    nodeOf(command).isHeld = false
  },
  crash: (command) => {
    const options = assignments(command.args.slice(1))
    const torn = options.get('torn') ?? null
    command.world.crash(nodeOf(command), options.get('whole') ?? 0, torn)
  },
  restart: (command) => command.world.restart(nodeOf(command)),
  'wipe-into': ({ world, args }) => {
    const [node = '', directory = ''] = args
    world.crash(world.node(Number(node)), 0, null)
    world.addNode(voterId(Number(node), directory), { voters: [], outgoing: [], learners: [] })
  },
  damage: (command) => {
    const node = nodeOf(command)
    node.disk.damageFrom(Number(command.args[1]))
  },
  campaign: (command) => command.world.step(nodeOf(command), { type: 'campaign' }),
  /** An election that the scenario takes for granted. */
  lead: (command) => {
    command.world.step(nodeOf(command), { type: 'campaign' })
    command.world.settle()
    command.world.takeLines()
  },
  /** Tells a node that another is down, whether it is or not. */
  'peer-down': (command) => {
    const peer = command.world.idOf(Number(command.args[1]))
    command.world.step(nodeOf(command), { type: 'peerDown', peer })
  },
  propose: (command) => {
    const data = command.args.slice(1).map((text) => Buffer.from(text))
    command.world.step(nodeOf(command), { type: 'propose', requestId: 1, data })
  },
  read: (command) => {
    const requestId = Number(command.args[1])
    command.world.step(nodeOf(command), { type: 'read', requestId })
  },
  transfer: (command) => {
    const [, to] = command.args
    const input =
      to === undefined
        ? ({ type: 'transferLeadership' } as const)
        : ({ type: 'transferLeadership', to: command.world.idOf(Number(to)) } as const)
    command.world.step(nodeOf(command), input)
  },
  membership: (command) => {
    const lists = byWord(command.args.slice(1), ['voters', 'learners'])
    const ids = (of: string[] = []) => numbers(of).map((node) => command.world.idOf(node))
    const voters = ids(lists.voters)
    const learners = ids(lists.learners)
    const input = { type: 'changeMembership', requestId: 1, voters, learners } as const
    command.world.step(nodeOf(command), input)
  },
  snapshot: (command) => {
    command.world.takeSnapshot(nodeOf(command), Number(command.args[1] ?? 10))
  },
  status: ({ world }) => {
    for (const node of world.nodes) world.note(world.describeNode(node))
  },
}

function play(world: World, line: string): void {
  const [name = '', ...args] = line.split(' ').filter((word) => word !== '')
  const command = commands[name]
  if (command === undefined) throw new Error(`no command ${name}`)
  command({ world, args })
  if (world.isAuto) world.settle()
}

/** The file as it should be: its commands, each block followed by the trace that they gave. */
export function replay(text: string): string {
  const world = new World()
  const output: string[] = []
  let isTrace = false
  for (const line of text.trimEnd().split('\n')) {
    if (line === divider) {
      output.push(divider, ...world.takeLines())
      isTrace = true
    } else if (line === '') {
      if (output.at(-1) !== '') output.push('')
      isTrace = false
    } else if (!isTrace) {
      output.push(line)
      if (!line.startsWith('#')) play(world, line)
    }
  }
  return `${output.join('\n')}\n`
}
