// Makes an input that broke something smaller, as long as it still breaks it: leaves out halves,
// quarters and so on, then clears bytes. Bounded by tries and time.

const triesMax = 3_000
const timeMaxMs = 20_000

/** The smallest input found that `breaks`; the one given where it alone does not. */
export async function minimize(
  input: Buffer,
  breaks: (input: Buffer) => Promise<boolean>,
): Promise<Buffer> {
  const endMs = performance.now() + timeMaxMs
  let tries = 0
  const stillBreaks = async (candidate: Buffer) => {
    if (++tries > triesMax || performance.now() > endMs) return false
    return breaks(candidate)
  }
  if (!(await stillBreaks(input))) return input
  const shorter = await leaveOut(input, stillBreaks)
  return clearBytes(shorter, stillBreaks)
}

type Check = (input: Buffer) => Promise<boolean>

async function leaveOut(input: Buffer, stillBreaks: Check): Promise<Buffer> {
  let smallest = input
  let size = Math.ceil(smallest.length / 2)
  while (size >= 1) {
    let start = 0
    while (start < smallest.length) {
      const without = Buffer.concat([smallest.subarray(0, start), smallest.subarray(start + size)])
      if (await stillBreaks(without)) smallest = without
      else start += size
    }
    if (size === 1) break
    size = Math.ceil(size / 2)
  }
  return smallest
}

async function clearBytes(input: Buffer, stillBreaks: Check): Promise<Buffer> {
  let clearest = input
  for (let at = 0; at < clearest.length; at++) {
    if (clearest[at] === 0) continue
    const cleared = Buffer.from(clearest)
    cleared[at] = 0
    if (await stillBreaks(cleared)) clearest = cleared
  }
  return clearest
}
