// A network of its own for each node, joined by a bridge, with faults on the links: cuts in one or
// both directions, loss, delay. Only inside a sandbox (see sandbox.ts): the machine's own
// interfaces are never touched.

import { runTool, toolWorks } from './run-tool.ts'

const subnet = '10.77.0'
const hubAddress = `${subnet}.254`
const bridge = 'chaos0'
// Where the kernel has no netem, a link this slow delays by its queue.
const slowRate = '8mbit'
const delayMs = 40

export class FaultNetwork {
  readonly #ids: readonly number[]
  /** The kernel's own way of delaying packets; few small kernels have it. */
  readonly hasNetem: boolean

  constructor(ids: readonly number[]) {
    this.#ids = ids
    // A bed before this one may not have come to its end.
    this.close()
    runTool('ip', 'link', 'add', bridge, 'type', 'bridge')
    runTool('ip', 'address', 'add', `${hubAddress}/24`, 'dev', bridge)
    runTool('ip', 'link', 'set', bridge, 'up')
    for (const id of ids) this.#addNode(id)
    this.hasNetem = toolWorks('tc', 'qdisc', 'add', 'dev', link(1), 'root', 'netem', 'delay', '1ms')
    if (this.hasNetem) runTool('tc', 'qdisc', 'del', 'dev', link(1), 'root')
  }

  place(id: number): { host: string; launcher: readonly string[] } {
    return { host: address(id), launcher: ['nsenter', `--net=/run/netns/${name(id)}`, '--'] }
  }

  /** Drops what `from` sends to `to`; what `to` sends still arrives. */
  cutOneWay(from: number, to: number): void {
    this.#rule(to, 'ip', 'saddr', address(from), 'drop')
  }

  /** No node hears this one, nor do the clients: but it hears all of them. */
  mute(id: number): void {
    this.#outputRule(id, 'drop')
  }

  /** No packet to or from this node passes. */
  isolate(id: number): void {
    this.#rule(id, 'drop')
    this.#outputRule(id, 'drop')
  }

  /** Cuts the node off from the other nodes, while clients still reach it. */
  isolateFromPeers(id: number): void {
    for (const other of this.#ids) {
      if (other === id) continue
      this.cutOneWay(other, id)
      this.cutOneWay(id, other)
    }
  }

  lose(id: number, percent: number): void {
    this.#rule(id, 'numgen', 'random', 'mod', '100', '<', String(percent), 'drop')
  }

  slowDown(id: number): void {
    const how = this.hasNetem
      ? ['netem', 'delay', `${delayMs}ms`, `${delayMs / 2}ms`]
      : ['tbf', 'rate', slowRate, 'burst', '32kb', 'latency', '400ms']
    const inNode = ['tc', 'qdisc', 'add', 'dev', 'eth0', 'root']
    runTool('nsenter', `--net=/run/netns/${name(id)}`, '--', ...inNode, ...how)
    runTool('tc', 'qdisc', 'add', 'dev', link(id), 'root', ...how)
  }

  /** Ends every fault of every link. */
  heal(): void {
    for (const id of this.#ids) {
      this.#nft(id, 'flush', 'table', 'ip', 'faults')
      toolWorks('tc', 'qdisc', 'del', 'dev', link(id), 'root')
      const inNode = [`--net=/run/netns/${name(id)}`, '--', 'tc', 'qdisc', 'del', 'dev', 'eth0']
      toolWorks('nsenter', ...inNode, 'root')
    }
  }

  /**
   * Takes the network away, as far as there is one. A namespace lives on while a process is in it,
   * so that the links are not left to go with theirs.
   */
  close(): void {
    for (const id of this.#ids) {
      toolWorks('ip', 'link', 'delete', link(id))
      toolWorks('ip', 'netns', 'delete', name(id))
    }
    toolWorks('ip', 'link', 'delete', bridge)
  }

  #addNode(id: number): void {
    runTool('ip', 'netns', 'add', name(id))
    const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', name(id)]
    runTool('ip', 'link', 'add', link(id), ...peer)
    runTool('ip', 'link', 'set', link(id), 'master', bridge)
    runTool('ip', 'link', 'set', link(id), 'up')
    runTool('ip', '-n', name(id), 'address', 'add', `${address(id)}/24`, 'dev', 'eth0')
    runTool('ip', '-n', name(id), 'link', 'set', 'eth0', 'up')
    runTool('ip', '-n', name(id), 'link', 'set', 'lo', 'up')
    this.#nft(id, 'add', 'table', 'ip', 'faults')
    for (const hook of ['input', 'output']) {
      const chain = `{ type filter hook ${hook} priority 0; policy accept; }`
      this.#nft(id, 'add', 'chain', 'ip', 'faults', hook, chain)
    }
  }

  /** Only what comes in over the link: a node may always talk to itself. */
  #rule(id: number, ...rule: readonly string[]): void {
    this.#nft(id, 'add', 'rule', 'ip', 'faults', 'input', 'iifname', 'eth0', ...rule)
  }

  #outputRule(id: number, ...rule: readonly string[]): void {
    this.#nft(id, 'add', 'rule', 'ip', 'faults', 'output', 'oifname', 'eth0', ...rule)
  }

  #nft(id: number, ...args: readonly string[]): void {
    runTool('nsenter', `--net=/run/netns/${name(id)}`, '--', 'nft', ...args)
  }
}

function name(id: number): string {
  return `samsa-${id}`
}

/** The bridge's end of a node's link. */
function link(id: number): string {
  return `chaos-${id}`
}

function address(id: number): string {
  return `${subnet}.${id}`
}
