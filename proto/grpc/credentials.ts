// What a node shows and asks for when it calls another one.

import type { ChannelCredentials } from '@grpc/grpc-js'
import { grpcJs } from './grpc-js.ts'

/** For calls to that node; null where it is not known yet which one is called. */
export type NodeCredentials = (nodeId: number | null) => ChannelCredentials

/** Nothing is shown, and nothing encrypted. */
export const plainCredentials: NodeCredentials = () => grpcJs().credentials.createInsecure()
