// The settings of this node as they are now: its file with the cluster's dynamic changes on top,
// and each topic's over those. Owns the cache of both; a metadata delta is what changes them.

import { configKey, configOverrides, type MetadataImage } from '@samsa/controller/image'
import { type BrokerConfig, withDynamicConfigs } from './broker-config.ts'
import type { Overrides } from './layers.ts'
import { resolveTopicConfig, type TopicConfig } from './topic-configs.ts'

export class CurrentConfig {
  readonly #file: BrokerConfig
  readonly #image: () => MetadataImage
  #broker: BrokerConfig
  #dynamic: readonly (Overrides | undefined)[] = []
  readonly #topics = new Map<string, { overrides: Overrides; config: TopicConfig }>()

  constructor(file: BrokerConfig, image: () => MetadataImage) {
    this.#file = file
    this.#image = image
    this.#broker = file
  }

  get broker(): BrokerConfig {
    return this.#broker
  }

  topic(name: string): TopicConfig {
    const overrides = configOverrides(this.#image(), 'topic', name)
    const known = this.#topics.get(name)
    if (known !== undefined && known.overrides === overrides) return known.config
    const config = resolveTopicConfig(this.#broker, overrides)
    // Only topics that exist are kept, so that asking for names at random fills no memory.
    if (this.#image().topicsByName.has(name)) this.#topics.set(name, { overrides, config })
    return config
  }

  /**
   * Takes the image's broker configs in. True if they changed, and with them possibly every topic's
   * settings.
   */
  refresh(): { changed: boolean; warnings: readonly string[] } {
    const image = this.#image()
    const keys = [configKey('broker', String(this.#file.nodeId)), configKey('broker', '')]
    const dynamic = keys.map((key) => image.configs.get(key))
    if (dynamic.every((overrides, index) => overrides === this.#dynamic[index])) {
      return { changed: false, warnings: [] }
    }
    this.#dynamic = dynamic
    const none: Overrides = new Map()
    const [broker = none, clusterDefault = none] = dynamic
    const { config, warnings } = withDynamicConfigs(this.#file, { broker, clusterDefault })
    this.#broker = config
    this.#topics.clear()
    return { changed: true, warnings }
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }
}
