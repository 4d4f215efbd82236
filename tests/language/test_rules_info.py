"""The rows of info words."""

from __future__ import annotations

from qmonsh.language.rules_info import INFO_RULES


def test_all_are_info_words() -> None:
    assert all(name.startswith("info ") and name == rule.name for name, rule in INFO_RULES.items())


def test_none_acts_but_the_one_that_ends_qemu() -> None:
    assert [name for name, rule in INFO_RULES.items() if rule.acts] == ["info virtio-status"]
    assert INFO_RULES["info virtio-status"].danger
