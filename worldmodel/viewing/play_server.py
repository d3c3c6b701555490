"""Serves a game to one person on this machine: a page, and a socket on which moves go in and moments come out."""

from __future__ import annotations

import errno
import re
import secrets
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from worldmodel.errors import PortUnavailable, WorldModelError
from worldmodel.running.dream_game import DreamGame
from worldmodel.viewing.moves import make_move
from worldmodel.viewing.play_page import PlayPage, tell

HOST = "127.0.0.1"
OURS = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?")
"""Names of this machine in a Host header; the port may be that of a tunnel."""
LARGEST_MOVE = 1024
"""Bytes of a message to the game."""
TAKEN, TAKEN_CODE = "Somebody is playing here already.", 4409
"""What a second visitor is told."""


def open_port(port: int) -> socket.socket:
    """A listening socket on this machine alone; 0 takes any free port. Raises PortUnavailable."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        used = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        what = "is in use" if used else f"cannot be opened ({getattr(error, 'strerror', error)})"
        raise PortUnavailable(f"port {port} {what}, choose another --port (0 takes any that is free)") from error
    return listening


def make_server(game: DreamGame, page: PlayPage, token: str) -> uvicorn.Server:
    """A server whose addresses all begin with `token`; `run(sockets=[...])` serves until a signal ends it."""
    table = Table(game, page)
    routes = [Route(f"/{token}/", table.show), WebSocketRoute(f"/{token}/socket", table.play)]
    config = uvicorn.Config(
        Gate(Starlette(routes=routes), token),
        # the implementation that does not stand on what websockets has deprecated
        ws="websockets-sansio",
        ws_max_size=LARGEST_MOVE,
        ws_per_message_deflate=False,
        http="h11",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


class Gate:
    """Lets in only who knows the token, and only by a name of this machine.

    A page from elsewhere, whose own name was made to point here (DNS rebinding), is given away by its Host or Origin.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app, self.token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it with 403 or 404."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        given = scope["path"].encode().split(b"/")[1:2]
        if len(hosts) != 1 or not OURS.fullmatch(hosts[0]) or any(origin != f"http://{hosts[0]}" for origin in origins):
            await PlainTextResponse("This page is only for this machine.", 403)(scope, receive, send)
        elif not given or not secrets.compare_digest(given[0], self.token):
            await PlainTextResponse("There is nothing here.", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Table:
    """One game, and room for one person."""

    def __init__(self, game: DreamGame, page: PlayPage) -> None:
        self.game, self.page = game, page
        self.taken = False

    async def show(self, request: Request) -> HTMLResponse:
        """The page; nothing but its own style and script may run in it, and it talks to nobody else."""
        nonce = secrets.token_urlsafe(16)
        allowed = {
            "default-src": "'none'",
            "script-src": f"'nonce-{nonce}'",
            "style-src": f"'nonce-{nonce}'",
            "img-src": "data:",
            "connect-src": f"ws://{request.headers['host']}",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        headers = {
            "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in allowed.items()),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return HTMLResponse(self.page.as_html(nonce), headers=headers)

    async def play(self, visitor: WebSocket) -> None:
        """Answers every move with where the game is then; who comes second is told so and sent away."""
        await visitor.accept()
        if self.taken:
            await visitor.send_json({"refused": TAKEN})
            await visitor.close(TAKEN_CODE, TAKEN)
            return
        self.taken = True
        try:
            await visitor.send_json(await run_in_threadpool(tell, self.game))
            while (message := await visitor.receive())["type"] == "websocket.receive":
                await visitor.send_json(await run_in_threadpool(self.answer, message.get("text")))
        except WebSocketDisconnect:
            pass
        finally:
            self.taken = False

    def answer(self, text: str | None) -> dict[str, object]:
        """Makes a move; "said" tells how it went, "refused" why it was not made."""
        try:
            spoken = {"said": make_move(self.game, text)}
        except WorldModelError as error:
            spoken = {"refused": str(error)}
        return {**tell(self.game), **spoken}
