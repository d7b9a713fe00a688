"""What the services hear when MongoDB refuses something for now."""

import pytest
from pymongo.errors import OperationFailure

from shared.errors import RetryLater
from shared.store.mongo.errors import translated

TRANSACTION_TOO_LARGE_FOR_CACHE = 388
BAD_VALUE = 2


def test_a_full_cache_is_waited_out() -> None:
    with pytest.raises(RetryLater, match="too large"), translated():
        raise OperationFailure("transaction is too large", TRANSACTION_TOO_LARGE_FOR_CACHE)


def test_what_will_never_do_is_not() -> None:
    with pytest.raises(OperationFailure), translated():
        raise OperationFailure("bad value", BAD_VALUE)
