// Options that the commands of certificates share.

import { integer, repeated, text, withDefault } from '../command/options.ts'

const daysMax = 36_500

export const dirOption = withDefault(text('DIR', 'Where the files are.'), './certs')

export const hostOption = repeated(
  'NAME',
  'A DNS name or an IP address that it is for, too; repeats.',
)

export function daysOption(byDefault: number) {
  const option = integer('COUNT', 'Days that it is valid for.', { min: 1, max: daysMax })
  return withDefault(option, byDefault)
}
