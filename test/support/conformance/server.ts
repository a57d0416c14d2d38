// What the suites need to know of a server program: how to start it, on what data, and its process.
// The two implementations are samsa-server.ts and kafka-server.ts; cluster.ts picks one.

export interface ServerPaths {
  port: number
  /** A directory of this cluster's own; the server may lay it out as it likes. */
  baseDir: string
}

export interface RunningServer {
  /** The process that serves; the one that kill -9 hits. */
  pid: number
  /** Ends the server at once, with no chance to write anything. */
  kill9(): Promise<void>
  /** Asks the server to stop and returns its exit code. */
  stop(): Promise<number | null>
}

export interface ServerProgram {
  /** Ports beside the listener's own, as distances from it. */
  portOffsets: readonly number[]
  startFirst(paths: ServerPaths): Promise<RunningServer>
  startAgain(paths: ServerPaths): Promise<RunningServer>
  /** The directory that holds the `topic-partition` directories. */
  logDir(paths: ServerPaths): string
}

// Generous: the suites also run on machines that are busy with other work.
export const readyTimeoutMs = 120_000
export const stopTimeoutMs = 60_000
