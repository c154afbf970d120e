"""Which models there are, and where a name leads."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from pathlib import Path

from stylemix.checkpoint.checkpoint import CONFIG, WEIGHTS, read_config
from stylemix.checkpoint.download import cached, download
from stylemix.checkpoint.published import REPOSITORY, distributions, published
from stylemix.errors import CheckpointError, ConfigError, UnknownNameError
from stylemix.plugins import plugin_info, registry
from stylemix.plugins.installing import install_plugin_line
from stylemix.plugins.registries import suggest

EMBEDDED = Path(__file__).parents[1] / "models"
"""Where the models that ship with stylemix lie, one folder each."""


@dataclass(frozen=True)
class ModelInfo:
    """One model that can be used by name.

    Attributes:
        name: what to give as ``model``.
        kind: ``"embedded"`` for models that ship with stylemix; ``"plugin"`` for those that an
            installed plugin brings; ``"hub"`` for published ones, which are downloaded on first
            use; ``"method"`` for stylizers that need no trained weights.
        path: its folder; empty for a method, and for a published model that isn't in the Hub's
            cache yet.
        description: one line on what it is.
    """

    name: str
    kind: str
    path: str
    description: str


def models() -> list[ModelInfo]:
    """List the models that ship with stylemix, the default first, then all the others.

    These are the models of plugins, published ones, and methods. Nothing is downloaded for it. A
    plugin's model that can't be read is left out with a warning.

    Raises:
        CheckpointError: a model that ships with stylemix is damaged.
        ConfigError: the catalogue file is wrong.

    Example:
        >>> import stylemix
        >>> stylemix.models()[0].name
        'film'
    """
    embedded = _embedded()
    found = [
        ModelInfo(name, "embedded", str(f), str(read_config(f).get("description", "")))
        for name, f in embedded.items()
    ]
    brought = _brought()
    for name, folder in brought.items():
        try:
            text = str(read_config(folder).get("description", ""))
        except CheckpointError as problem:
            warnings.warn(
                f"the model {name!r} of the plugin "
                f"{registry('models').plugin_of(name)!r} is left out: {problem}",
                RuntimeWarning,
                stacklevel=2,
            )
            continue
        found.append(ModelInfo(name, "plugin", str(folder), text))
    for name, entry in published().items():
        if name not in embedded and name not in brought:
            here = cached(entry.repository, entry.revision)
            found.append(ModelInfo(name, "hub", str(here or ""), entry.description))
    return found + [ModelInfo(name, "method", "", text) for name, text in methods().items()]


def methods() -> dict[str, str]:
    """Return the stylizers that work without trained weights, by name, with one line on each.

    An embedded model or a plugin's of the same name comes first.
    """
    found = {name: registry("stylizers").get(name) for name in registry("stylizers").names()}
    taken = {**_embedded(), **_brought()}
    return {
        name: (inspect.getdoc(kind) or "").split("\n")[0]
        for name, kind in found.items()
        if not getattr(kind, "trained", True) and name not in taken
    }


def _embedded() -> dict[str, Path]:
    folders = sorted(f.parent for f in EMBEDDED.glob(f"*/{CONFIG}"))
    folders.sort(key=lambda f: f.name != "film")
    return {f.name: f for f in folders}


def _brought() -> dict[str, Path]:
    """Return the checkpoint folders that plugins registered, but for names that are taken."""
    known, taken = registry("models"), _embedded()
    return {name: Path(known.get(name)) for name in known.names() if name not in taken}


def resolve(model: str, revision: str | None = None) -> Path:
    """Find the checkpoint folder that a name, a path or a Hub repository stands for.

    Names go before folders: first the models that ship with stylemix, then those of plugins, then
    the published ones (from the Hub's cache, or downloaded at the commit that the catalogue file
    pins).

    Args:
        model: an embedded, a plugin's or a published model's name, a folder, or ``owner/name`` on
            the Hugging Face Hub (downloaded into the Hub's own cache; a folder of that path comes
            first).
        revision: branch, tag or commit, for a Hub repository.

    Raises:
        UnknownNameError: it is none of these.
        ConfigError: a revision is given for a model that isn't on the Hub or whose revision is
            pinned, or the catalogue file is wrong.
        CheckpointError: the repository can't be downloaded, isn't in the cache when offline, or
            its weights are damaged.
    """
    embedded, brought = _embedded(), _brought()
    found = embedded.get(model) or brought.get(model)
    named = {} if found else published()
    if found is None and model not in named and Path(model).is_dir():
        found = Path(model)
    if found is not None:
        if revision is not None:
            raise ConfigError(
                f"the model {model!r} has no revision {revision!r}: only "
                "repositories on the Hugging Face Hub have; leave it out"
            )
        return found
    if model in named:
        entry = named[model]
        if revision is not None:
            raise ConfigError(
                f"the name {model!r} stands for one revision, {entry.revision}; for "
                f"another one give {entry.repository!r} as the model"
            )
        return download(entry.repository, entry.revision, entry.sha256)
    _refuse_file(model)
    if REPOSITORY.fullmatch(model) and not model.startswith("."):
        return download(model, revision)
    if revision is not None and model in methods():
        raise ConfigError(
            f"{model!r} is a method without trained weights and has no revision "
            f"{revision!r}; leave it out"
        )
    _refuse_missing_plugin(model)
    known = {
        "embedded": list(embedded),
        "plugins": list(brought),
        "published": list(named),
        "methods": list(methods()),
    }
    names = [name for group in known.values() for name in group]
    listed = "; ".join(f"{kind}: {', '.join(group) or 'none'}" for kind, group in known.items())
    raise UnknownNameError(
        f"no model is named {model!r}{suggest(model, names)} ({listed}; or "
        "give a checkpoint folder, or owner/name on the Hugging Face Hub)"
    )


def _refuse_file(model: str) -> None:
    """Say that a model is a folder, where one file of it is given."""
    path = Path(model)
    weights = path.suffix.lower() in (".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".onnx")
    if path.is_file() or weights:
        fault = "is a file" if path.is_file() else "is no model's name, and there is no such file"
        raise UnknownNameError(
            f"{model!r} {fault}: a model is a folder with {CONFIG} and {WEIGHTS}, so give the "
            f"folder, such as {str(path.parent)!r}"
        )


def _refuse_missing_plugin(model: str) -> None:
    """Say what to install for a model that a distribution in the catalogue file brings."""
    plugin = distributions().get(model)
    if plugin is None:
        return
    here = {info.name: info for info in plugin_info()}
    if plugin not in here:
        raise UnknownNameError(
            f"the model {model!r} comes from {plugin}, which isn't installed: "
            + install_plugin_line(plugin)
        )
    if here[plugin].error:
        raise UnknownNameError(
            f"the model {model!r} comes from {plugin}, which can't be loaded "
            f"({here[plugin].error}); update it"
        )
