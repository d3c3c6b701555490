"""A tree of plain values and tensors as JSON that refers to named tensors, and back."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor

_PLAIN = (str, int, bool, type(None))
_KEYS = (str, int, bool, type(None), float, tuple)
# what JSON lacks is a mapping with one key that starts with this
_MARK = "$"


def split_tensors(tree: Any) -> tuple[Any, dict[str, Tensor]]:
    """Replace every tensor and array in a tree by a reference.

    Plain values, lists, tuples and mappings with plain keys come back from `join_tensors` as they were; numpy scalars
    become plain, ordered mappings plain mappings. A tensor that occurs twice is kept once.

    Returns what `json.dumps(..., allow_nan=False)` takes, and contiguous CPU tensors by name, no two of which share
    memory. Raises TypeError with the place of anything else.
    """
    splitter = _Splitter()
    return splitter.encode(tree, ""), splitter.tensors


def join_tensors(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """Undo `split_tensors`; raises KeyError, TypeError or ValueError where the two do not belong together."""
    if isinstance(tree, list):
        return [join_tensors(entry, tensors) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    if len(tree) == 1:
        ((mark, content),) = tree.items()
        if mark.startswith(_MARK):
            return _join_marked(mark, content, tensors)
    return {key: join_tensors(entry, tensors) for key, entry in tree.items()}


def _join_marked(mark: str, content: Any, tensors: dict[str, Tensor]) -> Any:
    if mark == "$tensor":
        return tensors[content]
    if mark == "$channels_last":
        return tensors[content].contiguous(memory_format=torch.channels_last)
    if mark == "$array":
        return tensors[content].numpy()
    if mark == "$tuple":
        return tuple(join_tensors(entry, tensors) for entry in content)
    if mark == "$float":
        return float(content)
    if mark == "$mapping":
        return {join_tensors(key, tensors): join_tensors(entry, tensors) for key, entry in content}
    raise ValueError(f"{mark} is unknown")


class _Splitter:
    """Walks a tree once and remembers the tensors it met."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        # by address; held here, so that no address is used twice during the walk
        self._storages: dict[int, torch.UntypedStorage] = {}

    def encode(self, value: Any, place: str) -> Any:
        if isinstance(value, Tensor):
            # the layout matters: a fused optimizer reads its moments in the order of the parameter's memory
            return {"$channels_last" if _is_channels_last(value) else "$tensor": self._store(value, place)}
        if isinstance(value, np.ndarray):
            return {"$array": self._store(self._as_tensor(value, place), place)}
        if isinstance(value, np.generic):
            value = value.item()
        if type(value) in _PLAIN:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if type(value) in (list, tuple):
            entries = [self.encode(entry, f"{place}.{number}") for number, entry in enumerate(value)]
            return entries if type(value) is list else {"$tuple": entries}
        if type(value) in (dict, OrderedDict):
            return self._encode_mapping(value, place)
        raise _refusal(value, place)

    def _encode_mapping(self, mapping: dict[Any, Any], place: str) -> dict[str, Any]:
        pairs = []
        for key, entry in mapping.items():
            inner = f"{place}.{key}"
            if not isinstance(key, np.generic) and type(key) not in _KEYS:
                raise _refusal(key, f"{inner} (a key)")
            pairs.append((self.encode(key, inner), self.encode(entry, inner)))
        if all(type(key) is str and not key.startswith(_MARK) for key, _ in pairs):
            return dict(pairs)
        return {"$mapping": [[key, entry] for key, entry in pairs]}

    def _as_tensor(self, array: np.ndarray, place: str) -> Tensor:
        try:
            return torch.from_numpy(np.array(array, order="C"))
        except TypeError:
            raise TypeError(f"{place.removeprefix('.')}: cannot save a numpy array of {array.dtype}") from None

    def _store(self, tensor: Tensor, place: str) -> str:
        """Keep a tensor under a name made of its place, unless the very same one is kept already."""
        place = place.removeprefix(".")
        if tensor.layout is not torch.strided or tensor.is_meta or tensor.is_complex() or tensor.is_quantized:
            raise TypeError(f"{place}: cannot save a {tensor.layout} tensor of {tensor.dtype} on {tensor.device}")
        storage = tensor.untyped_storage()
        identity = (storage._cdata, tensor.storage_offset(), tensor.shape, tensor.stride(), tensor.dtype)
        if identity not in self._names:
            self._names[identity] = name = self._free_name(place)
            alone = storage._cdata not in self._storages and storage.nbytes() == tensor.nbytes
            self._storages[storage._cdata] = storage
            whole = tensor.detach().cpu().contiguous()
            self.tensors[name] = whole if alone else whole.clone()
        return self._names[identity]

    def _free_name(self, place: str) -> str:
        name = place or "tensor"
        while name in self.tensors:
            name += "'"
        return name


def _is_channels_last(tensor: Tensor) -> bool:
    return tensor.dim() == 4 and not tensor.is_contiguous() and tensor.is_contiguous(memory_format=torch.channels_last)


def _refusal(value: Any, place: str) -> TypeError:
    kind = type(value)
    return TypeError(f"{place.removeprefix('.') or 'the tree'}: cannot save a {kind.__module__}.{kind.__qualname__}")
