// Where the links to other nodes tell what happens to them: the node's log.

export interface PeerEvents {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
