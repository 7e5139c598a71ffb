"""A mail server of a test's own, which keeps what it is sent."""

import email
import email.policy
import queue
import re
import socket
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mailbox:
    """SMTP on 127.0.0.1. With a certificate it demands STARTTLS, and with a user and password them, too."""

    def __init__(self, certificate=None, key=None, user=None, password=None):
        self.port = free_port()
        self.messages = queue.Queue()
        self.refuse = None  # what RCPT is answered with, in place of taking it
        self.options = {}
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
            self.options |= {"tls_context": context, "require_starttls": True}
        if user:
            self.options |= {"auth_required": True, "authenticator": self.authenticator(user, password)}
        self.controller = None

    @staticmethod
    def authenticator(user, password):
        def authenticate(server, session, envelope, mechanism, data):
            right = (data.login, data.password) == (user.encode(), password.encode())
            return AuthResult(success=right)

        return authenticate

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    # --- what aiosmtpd calls ---
    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        self.messages.put((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 OK"

    # --- what tests do ---
    def up(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.options)
        self.controller.start()
        return self

    def down(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    def next(self, receiver, seconds=30):
        """The next message, which is for them."""
        sender, receivers, message = self.messages.get(timeout=seconds)
        assert receivers == [receiver]
        assert sender == "noreply@marquee.example"
        return message

    def token(self, receiver, page, seconds=30):
        """Of the link in the next message."""
        text = self.next(receiver, seconds).get_content()
        (token,) = re.findall(rf"^  https://marquee\.example/{page}#([\w-]+)$", text.replace("\r", ""), re.MULTILINE)
        assert f"--token {token}" in text
        return token
