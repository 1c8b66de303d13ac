# A Celery app whose worker and whose beat show that they are at work: each touches a file.
# The page that belongs to it is docs/workers.md.

import logging
import tempfile
import time
from pathlib import Path

from celery import Celery, bootsteps, signals
from celery.beat import PersistentScheduler

HEARTBEAT = Path(tempfile.gettempdir(), "heartbeat")

app = Celery("tasks")  # the broker is in CELERY_BROKER_URL
app.conf.update(
    # A task is done when it has ended, not when it begins: what a dead worker had in hand comes again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # No more tasks in hand than are worked on.
    worker_prefetch_multiplier=1,
    beat_schedule={"remind": {"task": "tasks.remind", "schedule": 1.0}},
)


class Heartbeat(bootsteps.StartStopStep):
    """Beats in the event loop of the worker, while it consumes."""

    requires = {"celery.worker.consumer.tasks:Tasks"}
    beat = None

    def start(self, consumer):
        self.beat = consumer.timer.call_repeatedly(1.0, HEARTBEAT.touch, priority=10)

    def stop(self, consumer):
        if self.beat is not None:
            self.beat.cancel()


app.steps["consumer"].add(Heartbeat)


class Scheduler(PersistentScheduler):
    """Beats whenever beat looks for what is due."""

    def tick(self, *args, **kwargs):
        HEARTBEAT.touch()
        return super().tick(*args, **kwargs)


@signals.worker_shutdown.connect
def no_heartbeat(**_):
    # The next one has to show that it is at work by itself.
    HEARTBEAT.unlink(missing_ok=True)


@app.task
def work(seconds):
    logging.info("work began")
    time.sleep(seconds)
    logging.info("work finished")


@app.task
def remind():
    logging.info("it is time")
