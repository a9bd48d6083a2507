"""A local HTTP server that gives files, in part too, and can be told to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What a server gives.

    Attributes:
        files: path → content.
        breaks: connections that end after so many bytes, one after the other.
        answers: status codes given instead of content, one after the other.
        ranges: whether parts can be asked for.
        tag: the ETag of every file.
        asked: the Range header of each request, "" where there was none.
        url: its address.
    """

    files: dict[str, bytes]
    breaks: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    ranges: bool = True
    tag: str = '"1"'
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Served]:
    served = Served(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            served.asked.append(wanted)
            if served.answers:
                self.send_error(served.answers.pop(0))
                return
            content = served.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = 0
            fresh = self.headers.get("If-Range", served.tag) == served.tag
            if wanted and served.ranges and fresh:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(content)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", span)
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("ETag", served.tag)
            self.end_headers()
            body = content[start:]
            if served.breaks:
                body = body[: served.breaks.pop(0)]
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
