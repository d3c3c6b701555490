"""The server lets in one person of this machine who knows the token, and answers every move."""

import http.client
import json
import re
import socket

import pytest
from small_game import served, small_game, small_page
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from worldmodel.errors import PortUnavailable
from worldmodel.viewing.play_server import TAKEN, TAKEN_CODE, open_port


@pytest.fixture(scope="module")
def game():
    return small_game()


@pytest.fixture(scope="module")
def port(game):
    with served(game, small_page(game, facts=[("Run", "<script>alert(1)</script>")])) as port:
        yield port


def get(port, path, **headers):
    """Status, headers and text; a header of None is left out, one of several values is sent as often."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, values in {"Host": f"127.0.0.1:{port}", **headers}.items():
        for value in values if isinstance(values, list) else [values] if values is not None else []:
            connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def visit(port, path="/secret/socket", **options):
    return connect(f"ws://127.0.0.1:{port}{path}", open_timeout=20, compression=None, proxy=None, **options)


def hear(visitor):
    return json.loads(visitor.recv(timeout=20))


def ask(visitor, **move):
    visitor.send(json.dumps(move))
    return hear(visitor)


@pytest.mark.parametrize("path", ["/", "/secre/", "/secrets/", "/SECRET/", "/secret/other", "/x/secret/", "//secret/"])
def test_without_the_token_there_is_nothing(port, path):
    status, _, text = get(port, path)
    assert status == 404 and "<" not in text


def test_the_page_is_given_to_who_knows_the_token(port):
    status, headers, text = get(port, "/secret/")
    assert status == 200 and headers["Content-Type"].startswith("text/html") and "Inside" in text
    assert get(port, "/secret/", Host=f"localhost:{port}")[0] == get(port, "/secret/", Host="localhost:9")[0] == 200


def test_only_its_own_style_and_script_may_run(port):
    policies = [get(port, "/secret/") for _ in range(2)]
    nonces = set()
    for _, headers, text in policies:
        policy = headers["Content-Security-Policy"]
        (nonce,) = set(re.findall(r"'nonce-([\w-]+)'", policy))
        nonces.add(nonce)
        assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
        assert f"connect-src ws://127.0.0.1:{port};" in policy and text.count(f'nonce="{nonce}"') == 2
        assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"] == "no-store"
        assert "server" not in headers and "<script>alert" not in text
    assert len(nonces) == 2


@pytest.mark.parametrize(
    "host",
    [None, "evil.example", "127.0.0.1.evil.example", "evil.example:80", "localhost@evil.example", "0.0.0.0", "[::1]",
     "127.0.0.1:80:90", ["127.0.0.1", "evil.example"]],
)  # fmt: skip
def test_other_names_of_this_machine_are_refused(port, host):
    status, _, text = get(port, "/secret/", Host=host)
    assert status in (400, 403) and "Inside" not in text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_pages_from_elsewhere_are_refused(port, origin):
    origin = origin.format(port=port)
    assert get(port, "/secret/", Origin=origin)[0] == 403
    with pytest.raises(InvalidStatus) as refused:
        visit(port, origin=origin)
    assert refused.value.response.status_code == 403


def test_the_socket_needs_the_token_too(port):
    with pytest.raises(InvalidStatus) as refused:
        visit(port, "/other/socket")
    assert refused.value.response.status_code == 404


def test_moves_are_answered(port):
    with visit(port, origin=f"http://127.0.0.1:{port}") as visitor:
        start = hear(visitor)
        assert start["mode"] == "dream" and start["picture"].startswith("data:image/png;base64,")
        after = ask(visitor, do="step", action=1)
        assert (after["depth"], after["action"], after["said"]) == (start["depth"] + 1, 1, "")
        assert ask(visitor, do="switch")["mode"] == "real"


def test_what_cannot_be_done_is_said_and_nothing_breaks(port):
    with visit(port) as visitor:
        before = hear(visitor)
        for text in ("{", '{"do": "step", "action": 7}', b"\x00"):
            visitor.send(text)
            told = hear(visitor)
            assert told["refused"] and told["depth"] == before["depth"]
        visitor.send("x" * 5000)
        with pytest.raises(ConnectionClosed):
            hear(visitor)
    with visit(port) as visitor:
        assert hear(visitor)["depth"] == before["depth"]


def test_one_visitor_at_a_time(port):
    with visit(port) as first:
        hear(first)
        with visit(port) as second:
            assert hear(second) == {"refused": TAKEN}
            with pytest.raises(ConnectionClosed) as closed:
                hear(second)
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (TAKEN_CODE, TAKEN)
        assert ask(first, do="look")["depth"] >= 0
    with visit(port) as third:
        assert "depth" in hear(third)


def test_a_game_that_breaks_off_leaves_room_for_the_next(port):
    with visit(port) as visitor:
        hear(visitor)
        visitor.socket.shutdown(socket.SHUT_RDWR)
    with visit(port) as following:
        assert "depth" in hear(following)


def test_a_port_in_use_is_said_and_only_this_machine_is_listened_to():
    with open_port(0) as listening:
        host, port = listening.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(PortUnavailable, match=f"port {port} is in use, choose another --port") as refused:
            open_port(port)
        assert refused.value.exit_code == 10
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
    with pytest.raises(PortUnavailable, match="port 70000 cannot be opened"):
        open_port(70000)
