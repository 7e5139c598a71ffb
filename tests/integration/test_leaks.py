"""The search for secrets in logs that ends each run finds what it looks for."""

import pytest

from support.leaks import leaks, secrets_of

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMDAwMDAwMDAxIn0.c2lnbmF0dXJlc2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f'{{"msg":"rpc","authorization":"Bearer {JWT}"}}', "a token"),
        ("GET /v1/me?key=mk_" + "a1" * 8 + "_" + "B" * 49, "an API key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("password=correct horse battery staple", "a secret that the suite or a test knows"),
        (
            "connection to postgresql://auth:0123456789abcdef@127.0.0.1/auth failed",
            "a secret that the suite or a test knows",
        ),
    ],
)
def test_it_finds(tmp_path, line, what):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "postgres-auth.uri").write_text("postgresql://auth:0123456789abcdef@127.0.0.1/auth\n")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "auth.log").write_text(f"before\n{line}\nafter\n")
    (tmp_path / "logs" / "gateway.log").write_text(
        '{"msg":"rpc","caller":"1000000001","trace_id":"4bf92f3577b34da6a3"}\n'
    )
    known = secrets_of(tmp_path) | {b"correct horse battery"}
    assert leaks(tmp_path / "logs", known) == [f"auth.log: {what}"]
