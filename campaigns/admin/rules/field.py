"""The form field for a segment's rules: rows of conditions, or, for what rows can't show, JSON."""

import json
from typing import Any

from django import forms
from django.template.loader import render_to_string

from campaigns.admin.rules.nodes import Group, NotShown, from_tree, mark_faults, to_tree
from campaigns.admin.rules.posted import from_posted, was_sent
from campaigns.admin.rules.shown import shown
from campaigns.rules import RulesInvalid, parse

ERRORS_SHOWN = 20


class RulesRows(forms.Widget):
    """Rows where they can show what is there, else its JSON."""

    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if not was_sent(data, name):
            return data.get(name)
        root = from_posted(data, name)
        if root.inner and not root.was_altered:
            mark_faults(root)
        return root

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not was_sent(data, name) and name not in data

    def id_for_label(self, id_: str) -> str:
        """A group of fields has no one field to lead to."""
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        id_ = (attrs or {}).get("id", f"id_{name}")
        root = _root(value)
        if root is None:
            return forms.Textarea(JSON).render(name, value, {**(attrs or {}), "aria-label": "Rules as JSON"}, renderer)
        return rendered(root, name=name, id_=id_)


JSON = {"rows": 14, "class": "vLargeTextField campaign-rules", "spellcheck": "false"}


def rendered(root: Group, *, name: str = "rules", id_: str = "id_rules", part: bool = False) -> Any:
    """`part`: what is within the frame alone."""
    template = "rules_node.html" if part else "rules.html"
    context = {"node": shown(root, name=name, id_=id_), "id": id_}
    return render_to_string(f"admin/campaigns/segment/{template}", context)


def _root(value: Any) -> Group | None:
    """None: not to be shown in rows."""
    if isinstance(value, Group):
        return value
    if not value:
        return Group()
    try:
        return from_tree(json.loads(value))
    except (ValueError, RecursionError):
        return None


def has_rows(rules: Any) -> bool:
    """Whether these rules, as they are stored, are shown in rows."""
    try:
        from_tree(rules)
    except NotShown:
        return False
    return True


class RulesField(forms.CharField):
    """A tree of rules. What was typed stays as it was typed until it is right."""

    widget = RulesRows

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Group):
            return _tree(value)
        if isinstance(value, dict):
            return value
        text = (value or "").strip()
        return _checked(_read(text)) if text else None

    def clean(self, value: Any) -> Any:
        if isinstance(value, Group) and value.was_altered:
            raise forms.ValidationError("Nothing was saved yet. Save when the rules are as you want them.")
        return super().clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(_usual(initial, data) != self.to_python(data))
        except forms.ValidationError:
            return True


def _usual(initial: Any, data: Any) -> Any:
    """What stands there so far, in the form in which the same kind of field would send it back."""
    if not isinstance(data, Group) or not isinstance(initial, dict):
        return initial
    try:
        return to_tree(from_tree(initial))
    except NotShown:
        return initial


def is_taken(tree: Any) -> bool:
    try:
        parse(tree)
    except RulesInvalid:
        return False
    return True


def _tree(root: Group) -> Any:
    tree = to_tree(root)
    if tree is not None and not is_taken(tree):
        raise forms.ValidationError("Some of the rules are not complete. See the marked ones.")
    return tree


def _read(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        raise forms.ValidationError(f"Line {error.lineno}, column {error.colno}: not JSON. {error.msg}.") from None
    except ValueError as error:
        raise forms.ValidationError(str(error)) from None
    except RecursionError:
        raise forms.ValidationError("This is nested too deeply.") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON would have the last one win, unseen."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"“{next(name for name in names if names.count(name) > 1)}” is there twice in one place.")
    return found


def _checked(tree: Any) -> Any:
    try:
        parse(tree)
    except RulesInvalid as error:
        # The path is what says which of many rules is meant.
        faults = [f"{path}: {message}" for path, message in error.details.items()]
        raise forms.ValidationError(faults[:ERRORS_SHOWN]) from None
    return tree
