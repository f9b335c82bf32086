"""Imports point one way: down the apps, and down the layers inside an app. Read from the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# An app may import those after it; bonusdesk composes them.
APPS = ("bonusdesk", "campaigns", "bonuses", "integrations")
# Inside an app a layer may import its own and those below. What is not listed is at the bottom: pure, or a library.
LAYERS: dict[str, dict[str, int]] = {
    "bonuses": {
        "api": 3,
        "admin": 3,
        "tasks": 3,
        "management": 3,
        "templatetags": 3,
        "urls": 3,
        "services": 2,
        "events": 1,
        "models": 1,
        "apps": 4,
    },
    "campaigns": {
        "api": 3,
        "admin": 3,
        "tasks": 3,
        "management": 3,
        "templatetags": 3,
        "urls": 3,
        "services": 2,
        "fanout": 2,
        "approvals": 2,
        "audience": 1,
        "segments": 1,
        "results": 1,
        "stats": 1,
        "models": 1,
        "apps": 4,
    },
    "integrations": {"api": 3, "admin": 3, "tasks": 3, "management": 3, "simulator": 3, "apps": 4},
    "bonusdesk": {},
}
PURE = (
    "bonuses.lifecycle",
    "bonuses.terms",
    "bonuses.money",
    "campaigns.lifecycle",
    "campaigns.rules",
    "integrations.currencies",
)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours that is no test and no migration, by its dotted name."""
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "tests" in parts or "migrations" in parts:
                continue
            name = ".".join(part for part in parts if part != "__init__")
            found[name] = ast.parse(path.read_text(), str(path))
    return found


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def targets(node: ast.Import | ast.ImportFrom) -> list[str]:
    """What it names, as modules of ours where they are such: `from bonuses import terms` names bonuses.terms."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [
            submodule if (submodule := f"{node.module}.{alias.name}") in modules() else str(node.module)
            for alias in node.names
        ]
    return [name for name in names if name.partition(".")[0] in APPS]


def for_types_only(tree: ast.Module) -> set[ast.AST]:
    guards = [n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test).endswith("TYPE_CHECKING")]
    return {node for guard in guards for node in ast.walk(guard)}


@cache
def edges() -> dict[str, set[str]]:
    return {
        name: {target for node in imports(tree) if node not in for_types_only(tree) for target in targets(node)}
        for name, tree in modules().items()
    }


def layer(module: str) -> int:
    app, _, rest = module.partition(".")
    return LAYERS[app].get(rest.partition(".")[0], 0)


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """One cycle, as the path around it; empty when there is none."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            if found := visit(target, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := visit(node, []))), [])


def test_apps_are_imported_downwards_only() -> None:
    upward = [
        f"{module} imports {target}"
        for module, found in edges().items()
        for target in sorted(found)
        if APPS.index(target.partition(".")[0]) < APPS.index(module.partition(".")[0])
    ]
    assert upward == []


def test_layers_are_imported_downwards_only() -> None:
    upward = [
        f"{module} imports {target}"
        for module, found in edges().items()
        for target in sorted(found)
        if target.partition(".")[0] == module.partition(".")[0] and layer(target) > layer(module)
    ]
    assert upward == []


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_know_nothing_of_the_database(module: str) -> None:
    seen, todo = set[str](), [module]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for node in imports(modules()[name]):
            todo += targets(node)
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            assert not [n for n in named if n.startswith(("django.db", "django.contrib"))], name
    assert not [name for name in seen if ".models" in name]


def test_no_module_imports_itself_in_a_circle() -> None:
    assert cycle(edges()) == []


def test_no_import_inside_a_function() -> None:
    hidden = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in imports(function)
    ]
    assert hidden == []


def test_a_cycle_would_be_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
