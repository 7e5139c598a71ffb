"""An authenticator app."""

import base64
import hashlib
import hmac
import struct
import time
import urllib.parse


class Authenticator:
    """RFC 6238 as an app has it, from the otpauth:// URI."""

    def __init__(self, uri):
        parts = urllib.parse.urlsplit(uri)
        query = dict(urllib.parse.parse_qsl(parts.query))
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        assert (query["algorithm"], query["digits"], query["period"]) == ("SHA1", "6", "30")
        self.secret = base64.b32decode(query["secret"])

    def code(self, step):
        digest = hmac.new(self.secret, struct.pack(">q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"

    def fresh(self, after=0):
        """A code of the present step or the next, later than `after`; the step, and the code."""
        step = max(int(time.time()) // 30, after + 1)
        return step, self.code(step)
