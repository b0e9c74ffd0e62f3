"""Memory asked for ahead of its use: a hint to the processor, which changes no value and waits for nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Loaded by name: they carry no types.
_extending, _types, _ir = (import_module(name) for name in ("numba.extending", "numba.types", "llvmlite.ir"))


def _ask(_typing: Any, array: Any, index: Any) -> Any:
    """The instruction itself: the cache line of element `index` of an array in C order, counted flat."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte, number = _ir.IntType(8).as_pointer(), _ir.IntType(32)
        hint = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], _ir.FunctionType(_ir.VoidType(), [byte, number, number, number])
        )
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        # To be read, kept in all caches, data.
        builder.call(hint, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return _types.void(array, index), code


ask = _extending.intrinsic(_ask)
