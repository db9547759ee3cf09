"""Setting one key of a `Pulumi.<stack>.yaml`: its other lines, comments and layout stay as they are."""

import os
from pathlib import Path

import yaml

from .errors import CommandError


def set_key(file: Path, project: str, key: str, value: str) -> bool:
    """Give a configuration key of a project a value, which is a plain word; False where it has it already.

    Raises CommandError for a file that is not there, or is no stack's.
    """
    try:
        # As they are: a file with Windows' ends of lines keeps them.
        text = file.read_bytes().decode()
    except FileNotFoundError:
        raise CommandError(f"{file} is not there; `rapid init` writes one, or `git checkout` brings it back") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    changed = edited(text, project, key, value, str(file))
    if changed == text:
        return False
    # A process that ends here leaves the file as it was, or as it is to be.
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_bytes(changed.encode())
        os.replace(beside, file)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error}") from None
    return True


def value_of(file: Path, project: str, key: str) -> str:
    """What a configuration key is set to; empty where it is not set, or the file cannot be read."""
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))["config"]
        return str(config.get(f"{project}:{key}", config.get(key, "")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError, AttributeError):
        return ""


def edited(text: str, project: str, key: str, value: str, name: str) -> str:
    """The text of a stack's file, in which a key has a value. Raises CommandError naming the file."""
    names = (f"{project}:{key}", key)
    try:
        wanted = _set(yaml.safe_load(text), names, value)
        changed = _edited(text, names, value)
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise CommandError(
            f"{name} is no file of a stack ({' '.join(str(error).split())}); it must have a mapping under `config:`"
        ) from None
    if not _says(changed, wanted):
        raise CommandError(
            f"{name} is written in a way that cannot be edited here; set `{names[0]}: {value}` by hand, "
            "then run this again"
        )
    return changed


def _says(text: str, wanted: object) -> bool:
    try:
        return bool(yaml.safe_load(text) == wanted)
    except yaml.YAMLError:
        return False


def _set(content: object, names: tuple[str, ...], value: str) -> object:
    """What the file is to say."""
    whole = dict(content or {})  # type: ignore[call-overload]
    config = dict(whole.get("config") or {})
    there = [name for name in names if name in config]
    return {**whole, "config": {**config, **dict.fromkeys(there or names[:1], value)}}


def _edited(text: str, names: tuple[str, ...], value: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    line = f"{names[0]}: {value}"
    root = yaml.compose(text)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    config = next((node for key, node in entries if key.value == "config"), None)
    if config is None:
        before = text if not text or text.endswith("\n") else text + end
        return f"{before}config:{end}  {line}{end}"
    if not isinstance(config, yaml.MappingNode):
        after = _colon(text, next(key for key, _ in entries if key.value == "config"))
        return f"{text[:after]}{end}  {line}{text[after:]}"
    places = [(key, node) for key, node in config.value if key.value in names]
    for key, node in reversed(places):
        if node.start_mark.index == node.end_mark.index:
            text = f"{text[: _colon(text, key)]} {value}{text[_colon(text, key) :]}"
        else:
            text = f"{text[: node.start_mark.index]}{value}{text[node.end_mark.index :]}"
    if places:
        return text
    if config.flow_style:
        brace = config.end_mark.index - 1
        return f"{text[:brace]}{', ' if config.value else ''}{line}{text[brace:]}"
    after = _end_of_line(text, _end(config))
    indent = " " * config.start_mark.column
    before = text[:after] if text[:after].endswith("\n") else text[:after] + end
    return f"{before}{indent}{line}{end}{text[after:]}"


def _colon(text: str, key: yaml.Node) -> int:
    """Where the colon behind a key ends."""
    return text.index(":", key.end_mark.index) + 1


def _end(node: yaml.Node) -> int:
    """Where what a node says ends; a block's own mark is behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _end_of_line(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1
