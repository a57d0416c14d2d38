# Produces a record and reads it again with confluent-kafka over SASL_SSL, logged in by a token that
# is read from a file each time one is asked for. Prints what was read.
# Usage: bearer.py BOOTSTRAP CA_FILE TOKEN_FILE TOKEN_SECONDS TOPIC

import sys
import time

from confluent_kafka import Consumer, Producer

bootstrap, ca, token_file, token_seconds, topic = sys.argv[1:6]


def token(_config):
    with open(token_file) as file:
        return file.read().strip(), time.time() + int(token_seconds)


common = {
    "bootstrap.servers": bootstrap,
    "security.protocol": "SASL_SSL",
    "ssl.ca.location": ca,
    "sasl.mechanism": "OAUTHBEARER",
    "oauth_cb": token,
}
errors = []
producer = Producer({**common, "error_cb": errors.append, "message.timeout.ms": 10000})
producer.poll(1)
producer.produce(topic, b"by confluent")
if producer.flush(15) > 0 or errors:
    sys.exit(f"not written: {[error.str() for error in errors]}")
consumer = Consumer({**common, "group.id": topic, "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    message = consumer.poll(0.5)
    if message is not None and message.error() is None:
        print(message.value().decode())
        break
consumer.close()
