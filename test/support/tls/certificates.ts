// Where the certificates that tests use are: see make.sh beside this file.

import { fileURLToPath } from 'node:url'

export function certificatePath(
  name: 'ca' | 'ca2' | 'server' | 'server2' | 'alice' | 'bob',
): string {
  return fileURLToPath(new URL(`${name}.pem`, import.meta.url))
}
