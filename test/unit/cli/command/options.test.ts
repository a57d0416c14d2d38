// Reading a command line by a table of options.

import {
  choice,
  duration,
  flag,
  integer,
  integers,
  optionName,
  readOptions,
  repeated,
  required,
  text,
  withDefault,
} from '@samsa/cli/command/options'
import { UsageError } from '@samsa/cli/errors'
import { describe, expect, it } from 'vitest'

const table = {
  topic: required(text('NAME', 'A topic.')),
  maxMessages: integer('COUNT', 'How many.', { min: 1, max: 10 }),
  quiet: flag('Say nothing.'),
  header: repeated('PAIR', 'A header.'),
  timeout: withDefault(duration('TIME', 'How long.'), 30_000),
  format: choice(['line', 'json'], 'How.'),
  partitions: integers('LIST', 'Which.'),
}

const read = (...args: string[]) => readOptions(table, ['--topic', 't', ...args])

describe('options', () => {
  it('gives typed values and what is left over', () => {
    const { values, positionals } = read(
      '--max-messages=5',
      'a',
      '--quiet',
      '--header',
      'x=1',
      '--header=y=2',
      '--format',
      'json',
      '--partitions',
      '0,3-5',
      'b',
    )
    expect(positionals).toEqual(['a', 'b'])
    expect(values).toEqual({
      topic: 't',
      maxMessages: 5,
      quiet: true,
      header: ['x=1', 'y=2'],
      timeout: 30_000,
      format: 'json',
      partitions: [0, 3, 4, 5],
    })
  })

  it('leaves out what was not given', () => {
    const { values } = read()
    expect(values.maxMessages).toBeUndefined()
    expect(values.quiet).toBe(false)
    expect(values.header).toEqual([])
  })

  it('names options in kebab-case', () => {
    expect(optionName('bootstrapServer')).toBe('--bootstrap-server')
  })

  it.each([
    [['--max-messages', '11'], "--max-messages '11' is not a whole number from 1 to 10"],
    [['--max-messages', '1.5'], 'whole number'],
    [['--max-messages', ''], 'whole number'],
    [['--format', 'xml'], "--format 'xml' is none of line, json"],
    [['--timeout', 'soon'], "'soon' is not a duration"],
    [['--partitions', '5-3'], 'low to high'],
    [['--partitions', 'a'], 'not a number'],
    [['--quite'], 'unknown option --quite; did you mean --quiet?'],
    [['--xyzzyxyzzy'], 'unknown option --xyzzyxyzzy'],
    [['--quiet=yes'], 'does not take an argument'],
    [['--topic', 'u'], '--topic is given 2 times'],
  ])('refuses %j', (args, message) => {
    expect(() => read(...args)).toThrow(UsageError)
    expect(() => read(...args)).toThrow(message)
  })

  it('refuses a missing required option', () => {
    expect(() => readOptions(table, [])).toThrow('--topic is required')
  })
})
