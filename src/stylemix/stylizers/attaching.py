"""Which injections act at which site of a generator."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Annotated

from stylemix.injections.base import Injection
from stylemix.plugins import registry
from stylemix.plugins.rules import NOT_EMPTY
from stylemix.plugins.schema import Key, check_table
from stylemix.types import Site, Spec

SITES = {"sites": Key(Annotated[Sequence[str], NOT_EMPTY], None)}
"""What every injection's spec may hold beside its options."""


def attach(
    site: Site, specs: Sequence[Spec], channels: Mapping[str, int], used: set[int]
) -> dict[str, Injection]:
    """Build the injections that act at one site.

    Args:
        site: of a generator.
        specs: of all injections; each may carry ``"sites"``, glob patterns of site names.
        channels: of each name in the style code.
        used: the numbers of the specs that have found a site; this site's are added.

    Raises:
        ConfigError: a spec is wrong; the message names the key, such as ``injections[0].sites``.
        UnknownNameError: no injection has a spec's name.

    Returns:
        The injections by name; a name that occurs again has its spec's number behind it.
    """
    found: dict[str, Injection] = {}
    for number, spec in enumerate(specs):
        path = f"injections[{number}]"
        cls = registry("injections").find(spec, path)
        given = {key: value for key, value in spec.items() if key != "name"}
        options = check_table(cls, given, path, beside=SITES)
        patterns = options.pop("sites", cls.sites)
        if site.slot not in cls.slots:
            continue
        if any(fnmatch.fnmatchcase(site.name, p) for p in patterns):
            used.add(number)
            key = spec["name"]
            if key in found:
                key = f"{key}{number}"
            found[key] = cls(site, {**channels, "site": site.channels}, **options)
    return found
