// The broker settings that the transaction coordinator obeys, out of all that a broker has.

import type { BrokerConfig } from '../../config/broker-config.ts'

export interface TransactionConfig {
  /** transaction.max.timeout.ms */
  readonly maxTimeoutMs: number
  /** transactional.id.expiration.ms */
  readonly idExpirationMs: number
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly abortTimedOutIntervalMs: number
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly removeExpiredIntervalMs: number
}

export function transactionConfig(config: BrokerConfig): TransactionConfig {
  return {
    maxTimeoutMs: config.transactionMaxTimeoutMs,
    idExpirationMs: config.transactionalIdExpirationMs,
    abortTimedOutIntervalMs: config.transactionAbortTimedOutIntervalMs,
    removeExpiredIntervalMs: config.transactionRemoveExpiredIntervalMs,
  }
}
