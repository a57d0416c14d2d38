# Closes a consumer of confluent-kafka that may never close: librdkafka 2.16 can lose all its brokers
# while all of them are away. It then has no connection, asks for none, and neither a commit nor the
# close comes to an end (seen by its stacks: each broker's thread waits for work that nobody gives).

import threading

close_timeout_s = 30


def closes(consumer):
    """False where it does not end: it is left behind, and only os._exit() gets past it."""
    closing = threading.Thread(target=consumer.close, daemon=True)
    closing.start()
    closing.join(close_timeout_s)
    return not closing.is_alive()
