// What the telemetry of clients may cost a broker: everything here is fed by strangers.

/** Client instances that are known at one time, as in Kafka; the one silent longest goes first. */
export const instancesMax = 16_384
/** An instance is forgotten after this long, or three push intervals, without a request. */
export const instanceSilenceMsMin = 60_000
/** Between two looks for instances and series whose time is over. */
export const sweepIntervalMs = 10_000

/** Series of one client: a Java consumer of a hundred partitions pushes some 700. */
export const seriesPerClientMax = 2_000
/** Series of all clients: about 10 MB. */
export const seriesMax = 20_000
/** Numbers in one push; a push of 1 MiB holds some 20,000 at most. */
export const pointsPerPushMax = 20_000
/** Labels of one series, beside those of its client. */
export const labelsMax = 16
export const nameCharsMax = 200
export const labelCharsMax = 256
