# pika's blocking connection, as its own tutorial shows it. Prints how long it took.
import sys
import time

import pika

port, queue, messages, prefetch = sys.argv[1:]
connection = pika.BlockingConnection(pika.ConnectionParameters('127.0.0.1', int(port)))
channel = connection.channel()
channel.basic_qos(prefetch_count=int(prefetch))
count = 0
started_at = time.monotonic()


def handle(channel, method, properties, body):
    global count
    channel.basic_ack(method.delivery_tag)
    count += 1
    if count == int(messages):
        channel.stop_consuming()


channel.basic_consume(queue, handle)
channel.start_consuming()
channel.close()
print(f'took {(time.monotonic() - started_at) * 1000} ms')
connection.close()
