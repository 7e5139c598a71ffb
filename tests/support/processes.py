"""One service's process alone, between stand-ins, where a test doesn't need the whole suite."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from support.suite import ROOT
from support.waiting import eventually

BINARIES = pathlib.Path(os.environ.get("MARQUEE_BIN_DIR", ROOT / "build" / "release" / "bin"))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Process:
    """marquee-NAME with exactly this environment; restarted on the same ports, logging to one file."""

    def __init__(self, name, folder, **settings):
        self.binary = BINARIES / f"marquee-{name}"
        self.address = f"127.0.0.1:{free_port()}"
        self.log = pathlib.Path(folder) / f"{name}-{self.address.rsplit(':', 1)[1]}.log"
        self.environment = {"PATH": os.environ["PATH"], "MARQUEE_GRPC_LISTEN": self.address}
        self.environment |= {"MARQUEE_METRICS_LISTEN": f"127.0.0.1:{free_port()}"}
        self.environment |= {key: str(value) for key, value in settings.items()}
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([self.binary], env=self.environment, stdout=log, stderr=log)
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=20):
        """SIGTERM; gives the exit status, which must come within `seconds`."""
        self.process.terminate()
        return self.process.wait(seconds)

    def health(self, timeout=2):
        """ "SERVING", "NOT_SERVING" or why it can't be asked."""
        with grpc.insecure_channel(self.address) as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout)
            except grpc.RpcError as error:
                return error.code().name
            return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def wait_for(self, health, seconds=60):
        eventually(lambda: self.health() == health, seconds, what=f"{self.binary.name} is {health}; see {self.log}")
        return self

    @contextlib.contextmanager
    def running(self):
        try:
            yield self.start()
        finally:
            if self.process.poll() is None:
                self.kill()
