"""The services' contracts for tests that speak gRPC, and stand-ins for the services that one of them calls.

Messages are built from the .proto files by the system's protoc, at run time: no generated code, no version to match.
"""

import base64
import dataclasses
import functools
import json
import pathlib
import subprocess
import tempfile
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from support.suite import ROOT


@functools.cache
def _pool():
    with tempfile.NamedTemporaryFile(suffix=".pb") as out:
        files = sorted(str(path.relative_to(ROOT / "proto")) for path in ROOT.glob("proto/marquee/*/v1/*.proto"))
        files += ["google/rpc/error_details.proto", "google/rpc/status.proto"]
        include = ["-I", ROOT / "proto", "-I", ROOT / ".tools" / "googleapis"]
        subprocess.run(["protoc", *include, "--include_imports", "-o", out.name, *files], check=True)
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes()).file:
            pool.Add(file)
        return pool


def message(name, **fields):
    """A new message, by its name without the `marquee.`: message("ratings.v1.PutRatingRequest", movie_id=1)."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"marquee.{name}"))(**fields)


def _google(name, **fields):
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"google.rpc.{name}"))(**fields)


def refuse(context, code, reason):
    """Ends a stand-in's call as our services do: with google.rpc.Status, the reason in an ErrorInfo."""
    status = _google("Status", code=code.value[0], message=reason)
    status.details.add().Pack(_google("ErrorInfo", reason=reason.upper(), domain="marquee"))
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, reason)


def reason_of(error):
    """The reason of a grpc.RpcError, as our services say it; None when one of them didn't."""
    sent = dict(error.trailing_metadata()).get("grpc-status-details-bin")
    info = _google("ErrorInfo")
    for detail in _google("Status").FromString(sent).details if sent else []:
        if detail.Unpack(info) and info.domain == "marquee":
            return info.reason.lower()
    return None


@dataclasses.dataclass(frozen=True)
class Rpc:
    """What an rpc says of itself by its options."""

    path: str  # of gRPC: "/marquee.ratings.v1.RatingsService/PutRating"
    public: bool
    roles: tuple  # one of which its caller has; none: any caller
    owner: str  # or is the one whom this field of the request names; empty: there is none
    scopes: tuple  # of which a caller who is bound to scopes has one
    request: str  # the message, without `marquee.`
    route: tuple | None  # of REST: ("PUT", "/v1/me/ratings/{movie_id}")
    routes: tuple  # this one, and those beside it
    has_body: bool
    demanding: bool  # an empty request is refused, or changes nothing
    client_streaming: bool
    server_streaming: bool

    def call(self, channel, token, timeout=5, **fields):
        """A request, empty but for `fields`, as `token`'s holder: the status code, and the reason of a refusal."""
        kind = f"{'stream' if self.client_streaming else 'unary'}_{'stream' if self.server_streaming else 'unary'}"
        invoke = getattr(channel, kind)(self.path)
        metadata = [("authorization", f"Bearer {token}")] if token else []
        request = message(self.request, **fields).SerializeToString()
        try:
            answer = invoke(iter([]) if self.client_streaming else request, timeout=timeout, metadata=metadata)
            if self.server_streaming:
                list(answer)
        except grpc.RpcError as error:
            return error.code(), reason_of(error)
        return grpc.StatusCode.OK, None


def rpcs(package):
    """Those of a service, by what it serves: rpcs("marquee.ratings.v1")."""
    pool = _pool()
    option = {name: pool.FindExtensionByName(f"marquee.options.v1.{name}") for name in ("policy", "field")}
    route_option = pool.FindExtensionByName("google.api.http")

    def options(of, kind):
        read = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"google.protobuf.{kind}Options"))
        return read.FromString(of.GetOptions().SerializeToString()).Extensions

    for path in sorted((ROOT / "proto" / package.replace(".", "/")).glob("*.proto")):
        file = pool.FindFileByName(str(path.relative_to(ROOT / "proto")))
        for service in file.services_by_name.values():
            for method in service.methods:
                chosen = options(method, "Method")
                policy, http = chosen[option["policy"]], chosen[route_option]
                verb = http.WhichOneof("pattern")
                routes = tuple(
                    (one.upper(), getattr(rule, one))
                    for rule in [http, *http.additional_bindings]
                    if (one := rule.WhichOneof("pattern"))
                )
                demands = any(options(field, "Field")[option["field"]].required for field in method.input_type.fields)
                yield Rpc(
                    path=f"/{service.full_name}/{method.name}",
                    public=policy.access == 1,
                    roles=tuple(policy.roles),
                    owner=policy.owner,
                    scopes=tuple(policy.scopes),
                    request=method.input_type.full_name.removeprefix("marquee."),
                    route=routes[0] if routes else None,
                    routes=routes,
                    has_body=bool(http.body),
                    demanding=demands or verb == "get",
                    client_streaming=method.client_streaming,
                    server_streaming=method.server_streaming,
                )


class Client:
    """Calls of one service: Client(channel, "ratings.v1.RatingsService").PutRating(movie_id=1, value=4)."""

    def __init__(self, channel, service):
        self._channel = channel
        self._service = _pool().FindServiceByName(f"marquee.{service}")

    def __getattr__(self, name):
        method = self._service.methods_by_name[name]
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        make = self._channel.unary_stream if method.server_streaming else self._channel.unary_unary
        call = make(
            f"/{self._service.full_name}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )

        def invoke(timeout=10, token=None, metadata=(), **fields):
            """The response and the call (for its metadata); of a server's stream, the responses as they come."""
            everything = [*metadata, *([("authorization", f"Bearer {token}")] if token else [])]
            start = call if method.server_streaming else call.with_call
            return start(request(**fields), timeout=timeout, metadata=everything)

        return invoke


def stand_in(service, **handlers):
    """A gRPC server with some of a service's rpcs; gives the server and its address.

    Each is a function of the request (an iterator of them where the caller streams) and the context; one that streams
    gives its responses one by one.
    """
    descriptor = _pool().FindServiceByName(f"marquee.{service}")
    methods = {}
    for name, handler in handlers.items():
        method = descriptor.methods_by_name[name]
        kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
        methods[name] = getattr(grpc, f"{kind}_rpc_method_handler")(
            lambda request, context, handler=handler: handler(request, context),
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(descriptor.full_name, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs access tokens as auth does, with a key of its own; `jwks` is its GetJwks."""

    def __init__(self, folder):
        self._key = pathlib.Path(folder) / "issuer.pem"
        subprocess.run(
            ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self._key], check=True
        )
        public = subprocess.run(
            ["openssl", "ec", "-in", self._key, "-pubout", "-outform", "DER"], check=True, capture_output=True
        ).stdout
        self._x, self._y = public[-64:-32], public[-32:]

    def jwks(self, _request, _context):
        response = message("auth.v1.GetJwksResponse")
        response.keys.add(
            kid="test", kty="EC", crv="P-256", alg="ES256", use="sig", x=_base64url(self._x), y=_base64url(self._y)
        )
        return response

    def token(self, subject, *roles, seconds=3600):
        """A user's token for a number, a service's for "service:name"."""
        now = int(time.time())
        claims = {"iss": "marquee", "aud": "marquee", "sub": str(subject), "roles": list(roles), "jti": f"{now}"}
        return self.sign(claims | {"sid": "test", "iat": now, "exp": now + seconds})

    def sign(self, claims, kid="test"):
        header = {"alg": "ES256", "kid": kid, "typ": "JWT"}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        der = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self._key], input=signed.encode(), check=True, capture_output=True
        ).stdout
        # DER: SEQUENCE { INTEGER r, INTEGER s }.
        length = der[3]
        r, s = der[4 : 4 + length], der[6 + length :]
        return f"{signed}.{_base64url(b''.join(number.lstrip(bytes(1)).rjust(32, bytes(1)) for number in (r, s)))}"
