// `samsa certs ca`: an authority of one's own. Nodes and clients have one each: what signs for
// clients is not to make nodes.

import { checkedName, createAuthority } from '../certs/authority-files.ts'
import { daysOption, dirOption } from '../certs/options.ts'
import { defineCommand } from '../command/command.ts'
import { write } from '../command/io.ts'

export const certsCa = defineCommand({
  positionals: '<name>',
  positionalsMin: 1,
  positionalsMax: 1,
  options: { dir: dirOption, days: daysOption(3_650) },
  notes: `Writes NAME-ca.pem, the certificate that others trust, and NAME-ca.key, which stays with
you. Give nodes an authority of their own, apart from that of clients:
  samsa certs ca nodes
  samsa certs ca clients`,
  async run({ positionals: [name = ''], options, io }) {
    const paths = await createAuthority(options.dir, checkedName(name), options.days)
    await write(io.stdout, `${paths.join('\n')}\n`)
  },
})
