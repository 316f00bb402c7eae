"""How assistants are told of the academy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

CONNECT = """\
Assistants reach {url} by the Model Context Protocol: they start a program on
this machine, which calls the public API as you and can do nothing that you cannot.

Sign in once. Until then, assistants see what is public.

  {login}

Then tell your assistant of it.

Claude Code:

  {claude}

VS Code:

  {code}

Claude Desktop (claude_desktop_config.json), Cursor (~/.cursor/mcp.json) and most others:

{settings}

{standing}
To sign out: {logout}
Where you cannot sign in here, set STELLR_TOKEN in the environment of the assistant: an access
token, good for some 15 minutes.
"""


def how_to_connect(url: str, program: str, name: str) -> str:
    """What to tell a person who wants an assistant to reach the academy at `url`.

    `program` is the path of the `stellr` command, `name` that of who is signed in, if anybody is.
    """
    serve = [program, "mcp", "serve", "--url", url]
    server = {"command": program, "args": serve[1:]}
    return CONNECT.format(
        url=url,
        login=shlex.join([program, "mcp", "login", "--url", url]),
        logout=shlex.join([program, "mcp", "logout", "--url", url]),
        claude=f"claude mcp add stellr -- {shlex.join(serve)}",
        code=f"code --add-mcp {shlex.quote(json.dumps({'name': 'stellr', **server}))}",
        settings=_indented(json.dumps({"mcpServers": {"stellr": server}}, indent=2)),
        standing=f"You are signed in as {name}." if name else "Nobody is signed in.",
    )


def _indented(text: str) -> str:
    lines: Sequence[str] = text.splitlines()
    return "\n".join(f"  {line}" for line in lines)
