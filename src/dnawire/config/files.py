"""Configuration files: YAML or TOML in, resolved YAML out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from dnawire.config._messages import unknown_name
from dnawire.config.settings import GROUPS, build_groups, settings
from dnawire.config.train_config import TrainConfig
from dnawire.errors import NotFoundError, NotWritableError, UsageError
from dnawire.files.durable import replace_durably
from dnawire.files.text import read_text
from dnawire.scalars import read_integer, read_number

_SUFFIXES: Final = ".yaml, .yml or .toml"
_NONE: Final = "None"
"""What a flag takes for no value; so does a file."""


class _Loader(yaml.SafeLoader):
    """YAML in which ``1e-3`` is a number, and repeated keys and references are errors."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Build a node; raise `yaml.YAMLError` for a reference, which can stand for very much."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a reference (*name) is not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping; raise `yaml.YAMLError` for a key that is there already."""
        seen: list[object] = []
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.YAMLError(f"{key!r} is given twice{key_node.start_mark}")
            seen.append(key)
        return super().construct_mapping(node, deep)

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        """Read decimal digits, leading zeros or not."""
        return read_integer(self.construct_scalar(node))

    def construct_real(self, node: yaml.ScalarNode) -> float:
        """Read a number that double precision holds."""
        return read_number(self.construct_scalar(node))


_INTEGER, _REAL = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
# Numbers as YAML 1.2 has them: in 1.1, 010 is 8, 1:30 is 90 and 1e-3 is a text.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_INTEGER, _REAL)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_INTEGER, re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    _REAL,
    re.compile(r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Loader.add_constructor(_INTEGER, _Loader.construct_integer)
_Loader.add_constructor(_REAL, _Loader.construct_real)


def read_settings(path: Path) -> dict[str, Any]:
    """Read the settings of a YAML or TOML file, written flat or in groups.

    Parameters
    ----------
    path
        File whose name ends in .yaml, .yml or .toml.

    Returns
    -------
    dict[str, Any]
        Values by flat name: only those that the file gives, types and bounds checked.

    Raises
    ------
    dnawire.errors.NotFoundError
        There is no such file.
    dnawire.errors.UsageError
        The file cannot be parsed, names an unknown setting, gives one twice, or gives an impossible
        value. The message names the file.
    """
    try:
        values = _flatten(_parse(path))
        build_groups(values)
    except UsageError as error:
        raise UsageError(f"{path}: {error.problem}", error.remedy) from None
    return values


def to_yaml(config: TrainConfig) -> str:
    """Return the resolved configuration as YAML that ``--config`` reads again."""
    return yaml.safe_dump(config.grouped(), sort_keys=False)


def write_yaml(config: TrainConfig, path: Path) -> None:
    """Write the resolved configuration, so that ``--config`` repeats the run.

    A file that is there already is replaced in one step.

    Raises
    ------
    dnawire.errors.NotWritableError
        The folder does not exist or cannot be written.
    """
    try:
        replace_durably(path, to_yaml(config).encode())
    except OSError as error:
        raise NotWritableError(
            f"{path}: cannot write the configuration ({error.strerror})",
            "Choose a folder that exists and may be written, with output_dir.",
        ) from error


def _parse(path: Path) -> Mapping[str, Any]:
    """Return the content of a file as a mapping; `UsageError` without the name of the file."""
    parse = _parser(path)
    try:
        content = parse(read_text(path))
    except FileNotFoundError:
        raise NotFoundError(
            f"{path}: no such configuration file", "Check the path given to --config."
        ) from None
    except RecursionError:
        raise UsageError("is nested too deeply", "Write one `name: value` per line.") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise UsageError(f"cannot be read: {problem}", "Mend the file.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError("holds no settings", "Write one `name: value` per line.")
    return content


def _parser(path: Path) -> Callable[[str], Any]:
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return lambda text: yaml.load(text, _Loader)
        case ".toml":
            return tomllib.loads
        case _:
            raise UsageError(
                f"the name ends in {path.suffix!r}, which is no known format",
                f"Use a file whose name ends in {_SUFFIXES}.",
            )


def _flatten(content: Mapping[str, Any]) -> dict[str, Any]:
    """Turn groups into flat names; a setting given both ways is refused."""
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key in GROUPS and isinstance(value, dict):
            _add(values, value, _names_of(key), f"in group {key}: ")
        else:
            _add(values, {key: value}, frozenset(settings()), "")
    return values


def _add(values: dict[str, Any], new: Mapping[str, Any], names: frozenset[str], where: str) -> None:
    for name, value in new.items():
        if name not in names:
            error = unknown_name(str(name), names or settings())
            raise UsageError(where + error.problem, error.remedy)
        if name in values:
            raise UsageError(f"{name} is given twice, flat and in its group", "Keep one of them.")
        is_none = value == _NONE and settings()[name].is_optional
        values[name] = None if is_none else value


def _names_of(group: str) -> frozenset[str]:
    return frozenset(name for name, setting in settings().items() if setting.group == group)
