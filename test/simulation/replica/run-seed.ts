// Runs one seed and, when it breaks something, says how to see it again.

import { type Report, Simulation, type SimulationSetup } from './simulation.ts'

export type Outcome =
  | { readonly type: 'held'; readonly report: Report }
  | { readonly type: 'broken'; readonly error: Error; readonly replay: string }

export async function runSeed(setup: SimulationSetup): Promise<Outcome> {
  try {
    return { type: 'held', report: await new Simulation(setup).run() }
  } catch (cause) {
    const replay = `npm run sim -- --what replica --seed ${setup.seed} --seeds 1 --trace`
    const error = new Error(`seed ${setup.seed}: ${String(cause)}\nreplay: ${replay}`, { cause })
    return { type: 'broken', error, replay }
  }
}
