// How every gRPC channel and server of ours is set up. One place, so that both ends of a connection
// agree on sizes and on when it is dead.

import type { ChannelOptions, ServerOptions } from '@grpc/grpc-js'

const mebibyte = 1024 * 1024

/** A message that is larger fails its call. Records and snapshots are sent in smaller parts. */
export const messageBytesMax = 64 * mebibyte

/**
 * What may be under way to a client, for each stream and in all. With HTTP/2's 64 KiB a stream from
 * another zone stops every 64 KiB for a round trip. grpc-js has no such option for what goes to a
 * server: the larger flow is better the one to the client.
 */
const flowControlWindowBytes = 16 * mebibyte

const sizes = {
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
}

/** A peer whose machine is gone says nothing: without an answer to a ping for 2 s it is dead. */
const keepalive = { 'grpc.keepalive_time_ms': 5_000, 'grpc.keepalive_timeout_ms': 2_000 }

export const channelOptions: ChannelOptions = {
  ...sizes,
  ...keepalive,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc-node.flow_control_window': flowControlWindowBytes,
  // A node that comes back is to be found at once.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  // A pod that comes back has another address: with grpc-js's 30 s between two look-ups of a name
  // brokers on Kubernetes took 32 s and more to find a controller that was made anew.
  'grpc.dns_min_time_between_resolutions_ms': 500,
  // Whoever calls knows whether it may call again.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
  // One client's broken connection is nobody else's.
  'grpc.use_local_subchannel_pool': 1,
}

export const serverOptions: ServerOptions = {
  ...sizes,
  ...keepalive,
  'grpc.enable_channelz': 0,
}
