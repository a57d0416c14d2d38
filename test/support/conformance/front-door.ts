// An address that clients reach a node by, and that stays when the node goes: a connection to a
// node that is not there is accepted and reset, as by a load balancer. For clients that take a
// refused connection for a mistake in their configuration. Owns its sockets.

import { connect, createServer, type Server, type Socket } from 'node:net'

export class FrontDoor {
  readonly #server: Server
  readonly #open = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  /** Resolves when it takes connections. */
  static async open(port: number, behind: number, host = '127.0.0.1'): Promise<FrontDoor> {
    const server = createServer({ noDelay: true })
    const door = new FrontDoor(server)
    server.on('connection', (socket) => door.#let(socket, { host, port: behind }))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    return door
  }

  #let(client: Socket, node: { host: string; port: number }): void {
    const broker = connect({ ...node, noDelay: true })
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#open.add(one)
      one.pipe(other)
      // What ends on one side ends on the other; why, nobody here needs to know.
      one.on('error', () => undefined)
      one.once('close', () => {
        this.#open.delete(one)
        other.resetAndDestroy()
      })
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#open) socket.destroy()
    await closed
  }
}
