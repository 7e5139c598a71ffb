"""Waits until all services are ready: NAME=URL=PID…, URL being grpc://host:port (gRPC health) or http://….

Prints `NAME: why` for each that isn't ready in time or whose process has ended, and exits 1.
"""

import argparse
import http.client
import sys
import time
import urllib.parse

INTERVAL_SECONDS = 0.05
LONGEST_INTERVAL_SECONDS = 0.5


def grpc_probe(address):
    # Heavy to import, and not needed for the gateway alone.
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    channel = grpc.insecure_channel(
        address,
        options=[
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 200),
            ("grpc.enable_http_proxy", 0),
        ],
    )
    stub = health_pb2_grpc.HealthStub(channel)

    def probe():
        try:
            reply = stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.RpcError as error:
            return f"{error.code().name}: {error.details()}"
        name = health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status)
        return None if name == "SERVING" else f"health says {name}"

    return probe


def http_probe(url):
    def probe():
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=1)
        try:
            connection.request("GET", url.path or "/", headers={"Connection": "close"})
            status = connection.getresponse().status
            return None if status == 200 else f"answers {status}"
        except (OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        finally:
            connection.close()

    return probe


def ended(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("services", nargs="+")
    arguments = parser.parse_args()

    waiting = {}
    for text in arguments.services:
        name, address, pid = text.split("=")
        url = urllib.parse.urlsplit(address)
        probe = grpc_probe(url.netloc) if url.scheme == "grpc" else http_probe(url)
        waiting[name] = (probe, int(pid))

    deadline = time.monotonic() + arguments.seconds
    failed = {}
    interval = INTERVAL_SECONDS
    why = {}
    while waiting:
        for name, (probe, pid) in list(waiting.items()):
            if ended(pid):
                failed[name] = "its process has ended"
                del waiting[name]
                continue
            why[name] = probe()
            if why[name] is None:
                del waiting[name]
        if waiting and time.monotonic() > deadline:
            failed.update({name: f"not ready after {arguments.seconds:.0f} s: {why[name]}" for name in waiting})
            break
        if waiting:
            time.sleep(interval)
            interval = min(interval * 1.3, LONGEST_INTERVAL_SECONDS)
    for name, reason in failed.items():
        print(f"{name}: {reason}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
