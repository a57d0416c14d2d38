// Bounds of quotas: what clients, by the names that they give themselves, may make this node hold.

/** Users and client ids that are accounted for at a time, all quotas together. */
export const accountsMax = 20_000

/** An account that nobody used for so long is given up, as in Kafka. */
export const accountIdleMaxMs = 3_600_000

/** Accounts that metrics show one by one; all are in the totals. */
export const shownAccountsMax = 200
