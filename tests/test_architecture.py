"""Rules of the whole package, read from its source: who may import whom, what is set is used, what is forbidden."""

import ast
import textwrap
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "worldmodel"

LAYERS = (
    ("experience", "errors", "settings", "fault_points"),
    ("atomic", "untrusted"),
    ("configuration",),
    ("environments",),
    ("memory",),
    ("model",),
    ("replay",),
    ("learning",),
    ("analysis",),
    ("running",),
    ("viewing",),
    ("studies",),
    ("cli", "__main__"),
)
"""Rooms from the ground up: one imports only itself and those below."""

WORLDLESS = ("model", "replay", "learning")
"""What learns knows neither worlds nor where experience is kept."""

READERS_OF_CODE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text())


def imports(source: ast.Module, known: frozenset[str]) -> set[str]:
    """Modules of `known` that the source imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            wholes = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (wholes & known) or {node.module or ""}
            if not wholes <= known:
                found.add(node.module or "")
    return found & known


@cache
def graph() -> dict[str, set[str]]:
    known = frozenset(modules())
    return {name: imports(tree(name), known) for name in modules()}


def room(name: str) -> str:
    """The room a module lies in; the package itself is the ground."""
    return name.split(".")[1] if "." in name else "experience"


def layer(name: str) -> int:
    for height, rooms in enumerate(LAYERS):
        if room(name) in rooms:
            return height
    raise AssertionError(f"{name}: room {room(name)!r} has no place yet, give it one in LAYERS")


def cycle(graph: dict[str, set[str]]) -> list[str] | None:
    """Some circle of imports, or None."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return None
        for other in sorted(graph[name]):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return None

    return next((found for name in sorted(graph) if (found := walk(name, []))), None)


def test_there_is_no_circle_of_imports():
    assert cycle(graph()) is None


def test_a_room_imports_only_rooms_below():
    upward = [f"{name} imports {other}" for name in graph() for other in graph()[name] if layer(other) > layer(name)]
    assert upward == []


def test_what_learns_knows_neither_worlds_nor_memory():
    strangers = ("environments", "memory")
    wrong = [(name, other) for name in graph() if room(name) in WORLDLESS for other in graph()[name]]
    assert [pair for pair in wrong if room(pair[1]) in strangers] == []


def test_data_types_errors_and_bounds_stand_alone():
    assert all(graph()[f"worldmodel.{name}"] == set() for name in LAYERS[0])


@cache
def settings() -> dict[str, list[str]]:
    """Fields of every dataclass named ...Settings, by `module.Class`."""
    found = {}
    for name in modules():
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Settings"):
                fields = [
                    n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
                ]
                found[f"{name}.{node.name}"] = fields
    return found


def read_attributes() -> Counter[str]:
    nodes = (node for name in modules() for node in ast.walk(tree(name)))
    return Counter(node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load))


def test_every_setting_is_read_somewhere():
    assert len(settings()) >= 6
    read = read_attributes()
    assert [f"{kind}.{field}" for kind, fields in settings().items() for field in fields if not read[field]] == []


def test_every_setting_is_described():
    silent = []
    for name in modules():
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Settings"):
                for field, following in zip(node.body, [*node.body[1:], None], strict=True):
                    described = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                    if isinstance(field, ast.AnnAssign) and not described and node.name != "Settings":
                        silent.append(f"{name}.{node.name}: {ast.unparse(field.target)}")
    assert silent == []


def dangers(source: ast.Module) -> list[str]:
    """Whatever could run code that a file or a setting contains."""
    found = []
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in READERS_OF_CODE]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in READERS_OF_CODE:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if called in ("eval", "exec", "os.system", "os.popen", "torch.save", "yaml.unsafe_load", "yaml.full_load"):
                found.append(called)
            if called == "torch.load" and given.get("weights_only") != "True":
                found.append("torch.load without weights_only")
            if called == "yaml.load" and "Safe" not in " ".join([*map(ast.unparse, node.args[1:]), *given.values()]):
                found.append("yaml.load without a safe loader")
            found += [f"{key}=True" for key in ("allow_pickle", "shell") if given.get(key, "False") != "False"]
    return found


def test_no_file_can_run_code_that_it_reads():
    assert {name: found for name in modules() if (found := dangers(tree(name)))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.save(x, path)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.load(text, yaml.FullLoader)",
        "yaml.unsafe_load(text)",
        "eval(text)",
        "subprocess.run(command, shell=True)",
    ],
)
def test_dangers_are_noticed(source):
    assert dangers(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "agent.eval()",
        "np.load(path)",
        "yaml.safe_load(text)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "run(a, shell=False)",
    ],
)
def test_harmless_calls_are_let_be(source):
    assert not dangers(ast.parse(source))


def test_circles_and_imports_inside_functions_are_noticed():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None
    late = ast.parse(textwrap.dedent("def f():\n    from worldmodel.memory import orders, Movie"))
    known = frozenset({"worldmodel.memory", "worldmodel.memory.orders", "worldmodel.model"})
    assert imports(late, known) == {"worldmodel.memory", "worldmodel.memory.orders"}


def test_every_module_has_a_test_twin():
    """test_*STEM*.py; where two rooms have a module of one name, the room is part of the name too."""
    names = [name for name, path in modules().items() if path.stem not in ("__init__", "__main__")]
    stems = Counter(name.split(".")[-1] for name in names)
    tests = [path.stem for path in TESTS.glob("test_*.py")]
    alone = []
    for name in names:
        stem = name.split(".")[-1]
        wanted = [stem] if stems[stem] == 1 or name.count(".") == 1 else [stem, room(name)]
        if not any(all(part in test for part in wanted) for test in tests):
            alone.append(name)
    assert alone == []
