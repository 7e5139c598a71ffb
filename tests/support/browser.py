"""A browser without JavaScript, as far as the pages of OAuth 2 need one."""

import html
import html.parser
import re
import urllib.parse

import requests
import requests.auth


class Form(html.parser.HTMLParser):
    """The form of a page: where it goes, its fields with their values, and its buttons; and the links beside it."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.buttons, self.links = None, {}, [], {}
        self.link = None  # that whose text comes next
        self.feed(page)

    def handle_data(self, text):
        if self.link is not None:
            self.links[text] = self.link
            self.link = None

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form":
            assert self.action is None, "one form on a page"
            assert values["method"] == "post"
            self.action = values["action"]
        elif tag == "input":
            self.fields[values["name"]] = values.get("value", "")
        elif tag == "a":
            self.link = values["href"]
        elif tag == "button":
            self.buttons.append((values.get("name"), values.get("value")))
        assert tag != "script", "a page without scripts"
        assert not any(name == "style" or name.startswith("on") for name in values), attributes


class LoopbackCookies(requests.auth.AuthBase):
    """Browsers take a loopback address for as good as HTTPS, and send Secure cookies there; requests doesn't."""

    def __init__(self, session):
        self.session = session

    def __call__(self, request):
        if cookies := self.session.cookies.get_dict():
            request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return request


def travel(url, home):
    """Where a browser that was sent elsewhere comes back to."""
    elsewhere = requests.Session()
    while not url.startswith(home):
        answer = elsewhere.get(url, allow_redirects=False, timeout=30)
        assert answer.is_redirect, f"{url}: {answer.status_code} {answer.text[:500]}"
        url = urllib.parse.urljoin(url, answer.headers["Location"])
    return url


class Browser:
    """Stays on one site: where it is sent elsewhere, that is the answer."""

    def __init__(self, url):
        self.url = url
        self.http = requests.Session()
        self.http.auth = LoopbackCookies(self.http)
        self.page = None

    def _send(self, method, url, **arguments):
        while True:
            self.page = self.http.request(
                method, urllib.parse.urljoin(self.url, url), allow_redirects=False, timeout=30, **arguments
            )
            if self.page.status_code != 303:
                return None
            url = self.page.headers["Location"]
            if not urllib.parse.urljoin(self.url, url).startswith(self.url + "/oauth2/"):
                return url
            method, arguments = "GET", {}

    def open(self, url):
        """Where that leads off the site; None: to a page."""
        return self._send("GET", url)

    def form(self):
        return Form(self.page.text)

    def submit(self, **fields):
        form = self.form()
        return self._send("POST", form.action, data={**form.fields, **fields})

    def follow(self, text):
        """The link of this text."""
        return self.open(self.form().links[text])

    def heading(self):
        return html.unescape(re.search("<h1>(.*?)</h1>", self.page.text)[1])
