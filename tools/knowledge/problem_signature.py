"""The signature of a coding problem taken apart, and written in other languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_CALL = re.compile(r"def (\w+)\((.*)\)\s*(?:->\s*(.+))?$")
_METHOD = re.compile(r"(\w+)\(([^)]*)\)(\s*->\s*[^,]+)?")
_LIST = re.compile(r"list\[(.+)\]$")
_PLAIN: Mapping[str, Mapping[str, str]] = {
    "cpp": {"int": "long long", "float": "double", "str": "string", "bool": "bool"},
    "java": {"int": "long", "float": "double", "str": "String", "bool": "boolean"},
}


@dataclass(frozen=True)
class Signature:
    """A function's name, its parameters with their types, and what it returns; types may be ""."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    result: str


def read_signature(text: str) -> Signature | None:
    """Take `def f(a: int) -> int` apart; None for a class."""
    found = _CALL.match(text)
    if found is None:
        return None
    pairs = []
    for part in _split(found[2]):
        name, _, kind = part.partition(":")
        pairs.append((name.strip(), kind.partition("=")[0].strip()))
    return Signature(found[1], tuple(pairs), (found[3] or "").strip())


def _split(text: str) -> list[str]:
    """Cut at commas that stand in no brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part.strip()]


def type_in(language: str, kind: str) -> str:
    """A Python type in C++ or Java; empty where there is no plain equal."""
    inner = _LIST.match(kind)
    if inner is None:
        return _PLAIN[language].get(kind, "")
    held = type_in(language, inner[1].strip())
    if not held:
        return ""
    return f"vector<{held}>" if language == "cpp" else f"{held}[]"


def is_typed(signature: Signature | None) -> bool:
    """Whether every parameter and the result have a type that C++ and Java have too."""
    if signature is None:
        return False
    kinds = [kind for _, kind in signature.parameters] + [signature.result]
    return all(type_in("cpp", kind) for kind in kinds)


def template(text: str, language: str) -> str:
    """What an editor opens with: the signature in the language's own form."""
    signature = read_signature(text)
    if signature is None:
        return _class(text, language)
    if language == "python":
        return text + ":\n    "
    names = ", ".join(name for name, _ in signature.parameters)
    if language == "javascript":
        return f"function {signature.name}({names}) {{\n\n}}\n"
    typed = [f"{type_in(language, kind)} {name}" for name, kind in signature.parameters]
    head = f"{type_in(language, signature.result)} {signature.name}({', '.join(typed)}) {{"
    if language == "java":
        return f"import java.util.*;\n\nclass Solution {{\n    {head}\n\n    }}\n}}\n"
    return f"#include <bits/stdc++.h>\nusing namespace std;\n\n{head}\n\n}}\n"


def _class(text: str, language: str) -> str:
    head, _, rest = text.partition(":")
    found = list(_METHOD.finditer(rest))
    if language == "python":
        return head + ":\n" + "\n".join(_method(m[1], m[2], m[3] or "") for m in found)
    made = [
        f"  {'constructor' if m[1] == '__init__' else m[1]}({_names(m[2])}) {{\n  }}\n"
        for m in found
    ]
    return head + " {\n" + "".join(made) + "}\n"


def _method(name: str, given: str, result: str) -> str:
    return f"    def {name}(self{', ' + given if given else ''}){result}:\n        pass\n"


def _names(given: str) -> str:
    return ", ".join(part.partition(":")[0].strip() for part in _split(given))
