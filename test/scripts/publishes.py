# Publishes the numbers from 0 on as JSON, each confirmed: publishes.py PORT QUEUE COUNT. A client that is not ours.

import sys

import pika

port, queue, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
channel = connection.channel()
channel.confirm_delivery()
for number in range(count):
    # Raises when the broker does not take it.
    channel.basic_publish(
        "",
        queue,
        str(number),
        pika.BasicProperties(content_type="application/json", delivery_mode=2, message_id=str(number)),
        mandatory=True,
    )
connection.close()
