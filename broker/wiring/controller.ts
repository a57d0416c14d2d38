// The controller of this node, started in its thread. Apart from the rest of the wiring, which is
// loaded while the thread starts.

import { ControllerThread } from '../controller-thread/controller-thread.ts'
import type { ClusterLinkOptions } from './cluster-link.ts'

/** Starts the controller's thread; resolves with its handle and port once it can be reached. */
export async function startControllerThread(
  options: ClusterLinkOptions,
): Promise<{ thread: ControllerThread; port: number }> {
  const { config, identity, incarnationId, events, onFault } = options
  const { clusterId, directoryId } = identity
  const thread = new ControllerThread({ config, clusterId, directoryId, incarnationId, events })
  try {
    const port = await thread.listening
    void thread.failed.then(onFault)
    return { thread, port }
  } catch (error) {
    await thread.close()
    throw error
  }
}
