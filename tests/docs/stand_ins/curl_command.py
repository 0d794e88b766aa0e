"""`curl`, in as far as the documents use it. An option that they begin to use is refused here."""

import argparse
import sys
from collections.abc import Sequence

import urllib3


def parser() -> argparse.ArgumentParser:
    """The options that are understood."""
    known = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    known.add_argument("url")
    known.add_argument("-s", "--silent", action="store_true")
    known.add_argument("-S", "--show-error", action="store_true")
    known.add_argument("--fail-with-body", action="store_true")
    known.add_argument("-X", "--request", dest="method")
    known.add_argument("-H", "--header", dest="headers", action="append", default=[])
    known.add_argument("-d", "--data")
    return known


def main(words: Sequence[str]) -> int:
    """Send one request, print what comes back; curl's exit status."""
    asked = parser().parse_args(words)
    headers = dict(header.split(": ", 1) for header in asked.headers)
    method = asked.method or ("GET" if asked.data is None else "POST")
    try:
        answer = urllib3.request(
            method, asked.url, body=asked.data, headers=headers, retries=False, timeout=30
        )
    except urllib3.exceptions.HTTPError as error:
        sys.stderr.write(f"curl: (7) {error}\n")
        return 7
    sys.stdout.write(answer.data.decode())
    return 22 if asked.fail_with_body and answer.status >= 400 else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
