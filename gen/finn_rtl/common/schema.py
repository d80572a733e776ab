"""What users write as JSON or YAML: the base of its models, and every complaint of pydantic in words of our own."""

from __future__ import annotations

import reprlib
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic_core import ErrorDetails

# No count, width or size of anything is larger: what is computed from it would no longer fit the hardware's integers.
MOST = (1 << 31) - 1
# What moves the cursor or the direction of the text on a terminal, and what no file can hold.
_CONTROL = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}

IS_PRINTABLE = "must be text without control characters and lone surrogates"

# By kind of error; the names in braces are pydantic's.
_RULES = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_unicode": IS_PRINTABLE,
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length} element",
    "too_long": "must have at most {max_length} elements",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "is missing",
}
# Pydantic gives the whole object to these, the user means its key.
_OF_KEY = {"union_tag_invalid", "union_tag_not_found"}

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60
_REPR.maxlevel, _REPR.maxlist, _REPR.maxtuple, _REPR.maxdict = 2, 6, 6, 4


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in _CONTROL and ord(character) not in _TURNING


def printable(text: str) -> str:
    """Text in one line that is safe on a terminal: control characters and lone surrogates as escapes."""
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode() for c in text)


def check_printable(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it has control characters or lone surrogates.
    """
    if not all(map(_is_shown, text)):
        raise ValueError(IS_PRINTABLE)
    return text


def clipped(text: str) -> str:
    """The begin of a long text."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def shown(value: Any) -> str:
    """A value as messages show it: shortened, whatever it is."""
    try:
        text = _REPR.repr(value)
    except ValueError:
        text = "a number of very many digits"
    return printable(clipped(text))


Count = Annotated[StrictInt, Field(ge=1, le=MOST)]
Number = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
# What appears in messages, tables and pictures.
Text = Annotated[StrictStr, AfterValidator(check_printable)]
FileName = Annotated[StrictStr, Field(min_length=1), AfterValidator(check_printable)]


class Model(BaseModel):
    """A frozen object without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _rule(error: ErrorDetails) -> str:
    """The rule that is broken."""
    context: Mapping[str, Any] = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    return _RULES.get(error["type"], "is none of what may stand here").format_map(context)


def complaint(error: ValidationError) -> tuple[tuple[int | str, ...], str, str]:
    """Of the first error the location, the value as messages show it (empty where there is none), and the rule."""
    first = error.errors(include_url=False)[0]
    kind, location, value = first["type"], first["loc"], first["input"]
    if kind in _OF_KEY:
        key = first["ctx"]["discriminator"].strip("'")
        location = (*location, key)
        value = value.get(key) if isinstance(value, Mapping) else value
    is_absent = kind in ("missing", "union_tag_not_found")
    return location, "" if is_absent else shown(value), _rule(first)
