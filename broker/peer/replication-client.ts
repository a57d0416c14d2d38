// The links to the brokers whose partitions are followed here, one a broker.

import type { BrokerId, MetadataDelta } from '@samsa/controller/image'
import type { PeerLink, PeerLinks } from '../replica/peer-link.ts'
import { LeaderLink, type LeaderLinkOptions } from './leader-link.ts'

export type ReplicationClientOptions = Omit<LeaderLinkOptions, 'leaderId'>

export class ReplicationClient implements PeerLinks {
  readonly #options: ReplicationClientOptions
  readonly #links = new Map<BrokerId, LeaderLink>()

  constructor(options: ReplicationClientOptions) {
    this.#options = options
  }

  linkTo(leaderId: BrokerId): PeerLink {
    let link = this.#links.get(leaderId)
    if (link === undefined) {
      link = new LeaderLink({ ...this.#options, leaderId })
      this.#links.set(leaderId, link)
    }
    return link
  }

  /** To be told of each change of the metadata. */
  onMetadata({ brokersChanged }: MetadataDelta): void {
    if (brokersChanged) for (const link of this.#links.values()) link.refresh()
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }
}
