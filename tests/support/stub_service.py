"""Stands in for a service where a test is about deploy/local itself: health, readiness and a clean stop, no more.

Configured as the services are, from the environment. MARQUEE_STUB_FAIL makes it end at start with that message.
The gateway's stand-in answers every request with what it was sent, so that tests of the edge see what arrives.
"""

import json
import os
import signal
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = json.dumps(
            {
                "method": self.command,
                "target": self.path,
                "headers": [[name.lower(), value] for name, value in self.headers.items()],
                "body": body.decode("latin-1"),
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        # As Pistache does: a body even for HEAD, were it asked.
        self.wfile.write(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, format, *arguments):
        pass


def serve_http(address):
    host, port = address.rsplit(":", 1)
    server = ThreadingHTTPServer((host, int(port)), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.shutdown


def serve_grpc(address):
    import grpc
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc

    server = grpc.server(futures.ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if server.add_insecure_port(address) == 0:
        sys.exit(f"can't listen on {address}")
    server.start()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    return lambda: server.stop(1).wait()


def main():
    if "MARQUEE_STUB_FAIL" in os.environ:
        sys.exit(os.environ["MARQUEE_STUB_FAIL"])
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    gateway = os.environ.get("MARQUEE_GATEWAY_LISTEN")
    stop = serve_http(gateway) if gateway else serve_grpc(os.environ["MARQUEE_GRPC_LISTEN"])
    done.wait()
    stop()


if __name__ == "__main__":
    main()
