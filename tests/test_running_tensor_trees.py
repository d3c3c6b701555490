from __future__ import annotations

import json
import math
import random
from collections import Counter, OrderedDict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from worldmodel.running.tensor_trees import join_tensors, split_tensors


def round_trip(tree: Any) -> Any:
    state, tensors = split_tensors(tree)
    return join_tensors(json.loads(json.dumps(state, allow_nan=False)), tensors)


def test_plain_values_keep_their_types() -> None:
    tree = {
        "plain": ["a", 1, True, None, 0.1, -0.0, 2**200, ""],
        "tuple": (1, (2, [3]), ()),
        "keys": {0: "a", (1, "b"): "c", None: 1, 2.5: True},
        "$tensor": "a text, no reference",
        "marked": {"$float": {"$tuple": [1]}},
        "empty": {"a": {}, "b": []},
        "random": random.Random(0).getstate(),
        "generator": np.random.default_rng(0).bit_generator.state,
    }
    assert round_trip(tree) == tree
    assert repr(round_trip(tree)["plain"]) == repr(tree["plain"])


def test_numbers_that_json_lacks() -> None:
    low, high, nothing = round_trip([-math.inf, math.inf, math.nan])
    assert (low, high) == (-math.inf, math.inf) and math.isnan(nothing)


def test_numpy_scalars_become_plain() -> None:
    assert repr(round_trip({np.int64(1): [np.float32(0.5), np.bool_(True), np.str_("a")]})) == "{1: [0.5, True, 'a']}"


def test_an_ordered_mapping_becomes_a_mapping() -> None:
    assert type(round_trip(OrderedDict(a=1))) is dict


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6).reshape(2, 3).T,
        torch.arange(6.0)[::2],
        torch.tensor([0.1, math.nan, math.inf]).bfloat16(),
        torch.tensor([1.5]).half(),
        torch.tensor([True, False]),
        torch.tensor(2**62),
        torch.tensor(0.1, dtype=torch.float64),
        torch.zeros(0, 3),
        torch.tensor([255], dtype=torch.uint8),
        torch.nn.Parameter(torch.ones(2)),
    ],
)
def test_tensors_bit_by_bit(tensor: torch.Tensor) -> None:
    result = round_trip({"a": [tensor]})["a"][0]
    assert result.dtype == tensor.dtype and result.shape == tensor.shape
    if tensor.dim():  # NaN is not equal to itself, its bits are
        result, tensor = result.view(torch.uint8), tensor.detach().contiguous().view(torch.uint8)
    assert torch.equal(result, tensor)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint8).reshape(2, 3)[:, ::-1],
        np.array(3.5),
        np.array([True]),
        np.zeros((0, 2), np.int64),
        np.asfortranarray(np.arange(4.0).reshape(2, 2)),
        np.array([2**64 - 1], np.uint64),
    ],
)
def test_arrays(array: np.ndarray) -> None:
    result = round_trip(array)
    assert isinstance(result, np.ndarray) and result.dtype == array.dtype
    np.testing.assert_array_equal(result, array, strict=True)
    result[...] = 0  # writable, and a copy


def test_the_same_tensor_is_kept_once() -> None:
    weight = torch.ones(4)
    state, tensors = split_tensors({"a": weight, "b": weight.detach(), "c": weight[:2], "d": weight.view(2, 2)})
    assert state["a"] == state["b"] == {"$tensor": "a"}
    assert list(tensors) == ["a", "c", "d"]
    addresses = {tensor.untyped_storage().data_ptr() for tensor in tensors.values()}
    assert len(addresses) == 3 and tensors["c"].untyped_storage().nbytes() == 8
    result = join_tensors(state, tensors)
    assert result["a"] is result["b"]


def test_empty_tensors_are_not_confused() -> None:
    result = round_trip([torch.zeros(0), torch.zeros(0, dtype=torch.int64), torch.zeros(0)])
    assert [entry.dtype for entry in result] == [torch.float32, torch.int64, torch.float32]


def test_names_that_collide() -> None:
    tree = {"a.b": torch.zeros(1), "a": {"b": torch.ones(1)}}
    result = round_trip(tree)
    assert result["a.b"] == 0 and result["a"]["b"] == 1


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Path("a"), "pathlib"),
        ({1, 2}, "builtins.set"),
        (b"a", "builtins.bytes"),
        (Point(1, 2), "Point"),
        (Counter(a=1), "Counter"),
        (torch.float32, "torch.dtype"),
        (lambda: 0, "function"),
        (np.datetime64("2024-01-01"), "datetime.date"),
        (np.array([None]), "numpy array of object"),
        (np.array(["a"]), "numpy array of <U1"),
        (torch.zeros(2).to_sparse(), "sparse"),
        (torch.zeros(2, dtype=torch.complex64), "complex64"),
        (torch.zeros(2, device="meta"), "meta"),
        ({Path("k"): 1}, r"\(a key\)"),
    ],
)
def test_anything_else_fails_with_its_place(value: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"^callbacks\.mine\.1\S*.*: cannot save a .*{kind}|{kind}.*: cannot save"):
        split_tensors({"callbacks": {"mine": [0, value]}})


@pytest.mark.parametrize("state", [{"$tensor": "missing"}, {"$pickle": "x"}, {"$tuple": 1}, {"$mapping": [[[], 1]]}])
def test_references_that_lead_nowhere(state: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        join_tensors(state, {})


def test_the_memory_layout_of_images_comes_back():
    """A fused optimizer whose moments lie in another order than its weights would scramble them."""
    images = torch.arange(48.0).reshape(2, 3, 2, 4).contiguous(memory_format=torch.channels_last)
    state, tensors = split_tensors({"moments": images, "plain": images.contiguous()})
    back = join_tensors(state, tensors)
    assert torch.equal(back["moments"], images) and back["moments"].stride() == images.stride()
    assert back["plain"].is_contiguous()
