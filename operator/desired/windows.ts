// Windows of time, given by a cron line for their starts (UTC) and how long they stay open. Pure.

export interface Window {
  readonly schedule: string
  readonly durationMinutes: number
}

const minuteMs = 60_000

interface CronField {
  readonly min: number
  readonly max: number
}

const fields: readonly CronField[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12 },
  { min: 0, max: 7 },
]

export class WindowError extends Error {
  override readonly name = 'WindowError'
}

/** Whether a window that began at most its duration ago is still open. */
export function isOpen({ schedule, durationMinutes }: Window, nowMs: number): boolean {
  const matches = parseSchedule(schedule)
  const now = Math.floor(nowMs / minuteMs)
  for (let minute = now; minute > now - durationMinutes; minute--) {
    if (matches(new Date(minute * minuteMs))) return true
  }
  return false
}

/** minute, hour, day of month, month, day of week: *, a, a-b, a,b and * /n of each. */
export function parseSchedule(schedule: string): (time: Date) => boolean {
  const parts = schedule.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    throw new WindowError(`'${schedule}' is no cron line: it needs five fields`)
  }
  const sets = parts.map((part, index) => parseField(part, fields[index] as CronField, schedule))
  const [minutes, hours, days, months, weekdays] = sets as [Set, Set, Set, Set, Set]
  const isEveryDay = parts[2] === '*'
  const isEveryWeekday = parts[4] === '*'
  return (time) => {
    if (!minutes.has(time.getUTCMinutes()) || !hours.has(time.getUTCHours())) return false
    if (!months.has(time.getUTCMonth() + 1)) return false
    const isDay = days.has(time.getUTCDate())
    const isWeekday = weekdays.has(time.getUTCDay()) || (time.getUTCDay() === 0 && weekdays.has(7))
    // Where both are given either is enough, as in cron.
    if (!isEveryDay && !isEveryWeekday) return isDay || isWeekday
    return isDay && isWeekday
  }
}

type Set = ReadonlySet<number>

function parseField(text: string, { min, max }: CronField, schedule: string): Set {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part)
    const first = match?.[1] === undefined ? min : Number(match[1])
    const isSingle = match?.[1] !== undefined && match[2] === undefined && match[3] === undefined
    const last = match?.[2] !== undefined ? Number(match[2]) : isSingle ? first : max
    const step = Number(match?.[3] ?? 1)
    if (match === null || first < min || last > max || first > last || step < 1) {
      throw new WindowError(`'${part}' in '${schedule}' is out of ${min}-${max} or no cron field`)
    }
    for (let value = first; value <= last; value += step) values.add(value)
  }
  return values
}
