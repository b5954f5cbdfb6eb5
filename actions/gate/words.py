"""Split the input `arguments` as a shell would, and print each word with a NUL behind it."""

from __future__ import annotations

import shlex
import sys

if __name__ == "__main__":
    try:
        found = shlex.split(sys.argv[1])
    except ValueError as error:
        said = " ".join(f"{sys.argv[1]}: {error}. Close the quote in the input `arguments`.".split())
        sys.exit("::error title=ml-ci::" + said.replace("%", "%25"))
    print("".join(f"{word}\0" for word in found), end="")
