"""Waits for the broker and makes the topics that are missing; topics that exist stay as they are."""

import argparse
import os
import sys
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic


def read_topics(path, ratings_partitions):
    topics = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            fields = line.split("#")[0].split()
            if fields:
                name, partitions, *settings = fields
                count = ratings_partitions if partitions == "RATINGS" else int(partitions)
                config = dict(setting.split("=", 1) for setting in settings)
                topics.append(NewTopic(name, num_partitions=count, replication_factor=1, config=config))
    return topics


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except PermissionError:
        return True
    except ProcessLookupError:
        return False


def existing_topics(admin, pid, deadline):
    while True:
        try:
            metadata = admin.list_topics(timeout=0.5)
            if metadata.brokers:
                return set(metadata.topics)
        except KafkaException:
            pass
        if not alive(pid):
            sys.exit("kafka: the process ended while starting")
        if time.monotonic() > deadline:
            sys.exit("kafka: no answer in time")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--ratings-partitions", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("topics")
    arguments = parser.parse_args()

    wanted = read_topics(arguments.topics, arguments.ratings_partitions)
    admin = AdminClient({"bootstrap.servers": arguments.brokers, "log_level": 0, "reconnect.backoff.max.ms": 250})
    deadline = time.monotonic() + arguments.seconds
    there = existing_topics(admin, arguments.pid, deadline)
    missing = [topic for topic in wanted if topic.topic not in there]
    if not missing:
        return
    for name, future in admin.create_topics(missing, operation_timeout=30, request_timeout=30).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                sys.exit(f"kafka: topic {name} couldn't be made: {error.args[0].str()}")


if __name__ == "__main__":
    main()
