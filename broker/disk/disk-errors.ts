// What went wrong, told by the system's error code.

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

export function isNotFound(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

/**
 * The disk, or the quota of our user on it, has no room. The only write error that passes by
 * itself.
 */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** The device, or the file system's own checksums, refuse to give these very bytes. */
export function isUnreadable(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'EIO' || code === 'EBADMSG' || code === 'EUCLEAN'
}

/** The file system's own error, as opposed to a fault of ours or of the data. */
export function isSystemError(error: unknown): boolean {
  const code = codeOf(error)
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9]+$/.test(code)
}
