"""Which injections act at which site of a generator."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

from stylemix.injections.base import Injection
from stylemix.plugins import registry
from stylemix.types import Site, Spec


def attach(
    site: Site, specs: Sequence[Spec], channels: Mapping[str, int], used: set[int]
) -> dict[str, Injection]:
    """Build the injections that act at one site.

    Args:
        site: of a generator.
        specs: of all injections; each may carry ``"sites"``, glob patterns of site names.
        channels: of each name in the style code.
        used: the numbers of the specs that have found a site; this site's are added.

    Returns:
        The injections by name; a name that occurs again has its spec's number behind it.
    """
    found: dict[str, Injection] = {}
    for number, spec in enumerate(specs):
        options = dict(spec)
        patterns = options.pop("sites", None)
        cls = registry("injections").get(options.get("name", ""))
        if site.slot not in cls.slots:
            continue
        if any(fnmatch.fnmatchcase(site.name, p) for p in patterns or cls.sites):
            used.add(number)
            key = options["name"]
            if key in found:
                key = f"{key}{number}"
            found[key] = registry("injections").build(
                options, site, {**channels, "site": site.channels}
            )
    return found
