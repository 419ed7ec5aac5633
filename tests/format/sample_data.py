"""Line protocol that makes a store meet every codec, the same at every run."""

import math
import random
import struct
from collections.abc import Callable, Iterator

S_NS = 10**9
MS_NS = 10**6
BEGIN_NS = 1_700_000_000 * S_NS
ROW_COUNT = 1500  # More than a vector.
STEP_NS = 10 * S_NS

_SEED = 5
_OLD_NS = 600_000_000 * S_NS  # In 1989.


def _finite(bits: int) -> float:
    """The double of these 64 bits; where they are none that can be written, a neighbour."""
    value = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value if math.isfinite(value) else 1.5


def _single(dice: random.Random) -> float:
    """A double of 24 significant bits and any magnitude."""
    value = math.ldexp(dice.random() + 0.5, dice.randrange(-40, 40))
    return struct.unpack("<f", struct.pack("<f", value))[0]


def _float(value: float) -> str:
    return repr(value)


def _integer(value: int) -> str:
    return f"{value}i"


def _unsigned(value: int) -> str:
    return f"{value}u"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _columns(dice: random.Random) -> dict[str, Callable[[int], str | None]]:
    """For each field what it is in row i; None: no value."""
    few_integers = [dice.getrandbits(40) for _ in range(5)]
    few_doubles = [math.sqrt(number) * 10.0**(number * number) for number in (2, 3, 5, 7, 11)]
    words = ["up", "down", "starting", "", 'say "so"', "C:\\temp", "a,b=c d", "gr\u00fcn"]
    walk = [10**15]
    counter = [0]
    held = [0]

    def walked(step: int) -> int:
        walk[0] += step
        return walk[0]

    def counted(index: int) -> int:
        counter[0] += 1000 + 37 * index + dice.randrange(3)
        return counter[0]

    def held_for_long() -> int:
        if dice.random() < 0.02:
            held[0] = dice.getrandbits(50)
        return held[0]

    return {
        "i_constant": lambda i: _integer(-7),
        "i_packed": lambda i: _integer(dice.randrange(-100, 100)),
        "i_patched": lambda i: _integer(dice.getrandbits(30 if dice.random() < 0.01 else 3)),
        "i_centred": lambda i: _integer(
            dice.choice([-1, 1]) * dice.getrandbits(30 if dice.random() < 0.01 else 3)),
        "i_delta": lambda i: _integer(walked(dice.randrange(8))),
        "i_line": lambda i: _integer(counted(i)),
        "i_dictionary": lambda i: _integer(dice.choice(few_integers)),
        "i_sparse": lambda i: _integer(held_for_long()),
        "i_multiple": lambda i: _integer(17 + 4096 * dice.randrange(1000)),
        "i_plain": lambda i: _integer(dice.getrandbits(64) - 2**63),
        "i_edges": lambda i: _integer((-2**63, 2**63 - 1, 0, -1)[i % 4]),
        "u_edges": lambda i: _unsigned((2**64 - 1, 0, 2**63)[i % 3]),
        "u_packed": lambda i: _unsigned(2**63 + dice.randrange(5000)),
        "f_constant": lambda i: _float(-0.0),
        "f_decimal": lambda i: _float(round(dice.uniform(0, 100), 2)),
        "f_exceptions": lambda i: _float(
            dice.choice([-0.0, 1e300, math.pi, 5e-324]) if dice.random() < 0.01
            else round(dice.uniform(-5, 5), 3)),
        "f_quotient": lambda i: _float(dice.randrange(10**16) / 10**3),
        "f_binary": lambda i: _float(dice.getrandbits(30) / 2**30),
        "f_split": lambda i: _float(math.sqrt(dice.random() * 10**dice.randrange(8)) / 7),
        "f_pattern": lambda i: _float(dice.choice(few_doubles)),
        "f_planes": lambda i: _float(_single(dice)),
        "f_plain": lambda i: _float(_finite(dice.getrandbits(64))),
        "f_nulls": lambda i: None if dice.random() < 0.3 else _float(dice.randrange(50) / 10),
        "b_constant": lambda i: _boolean(True),
        "b_runs": lambda i: _boolean(i // 200 % 2 == 0),
        "b_noise": lambda i: _boolean(dice.random() < 0.5),
        "s_constant": lambda i: _string("up"),
        "s_few": lambda i: _string(dice.choice(words)),
        "s_many": lambda i: _string(f"{dice.getrandbits(48):x}"),
        "s_long": lambda i: _string(f"request {i} was answered " + "again and " * (i % 7)),
        "s_sparse": lambda i: _string("x" * dice.randrange(60)) if i % 50 == 0 else None,
    }


def _line(series: str, fields: dict[str, str | None], time_ns: int) -> str:
    written = ",".join(f"{name}={value}" for name, value in fields.items() if value is not None)
    return f"{series} {written} {time_ns}\n"


def every_column() -> Iterator[str]:
    """A series with a field for each way to store values, at regular times."""
    dice = random.Random(_SEED)
    columns = _columns(dice)
    for index in range(ROW_COUNT):
        fields = {name: value_of(index) for name, value_of in columns.items()}
        yield _line("shape,of=values", fields, BEGIN_NS + index * STEP_NS)


def every_time() -> Iterator[str]:
    """Series for each way to store times; the fields are small."""
    dice = random.Random(_SEED + 1)
    irregular_ns = BEGIN_NS
    for index in range(ROW_COUNT):
        regular_ns = BEGIN_NS + index * STEP_NS
        jittered_ns = regular_ns + dice.randrange(1000) * MS_NS
        irregular_ns += dice.choice([1, 2, 30]) * S_NS
        value = {"n": _integer(index % 10)}
        yield _line("shape,of=times,times=regular", value, regular_ns)
        yield _line("shape,of=times,times=jittered", value, jittered_ns)
        yield _line("shape,of=times,times=irregular", value, irregular_ns)
        if dice.random() < 0.95:
            yield _line("shape,of=times,times=lossy", value, regular_ns)
    yield _line("shape,of=times,times=single", {"n": "1i"}, BEGIN_NS + 123_456_789)


def names() -> Iterator[str]:
    """What is escaped in names, and tags in an order that is not theirs."""
    for index, series in enumerate([
            r"a\ b\,c=d,z=1,y=2", r"a\ b\,c=d,k\=\,\ =v\ \=\,", r"a\ b\,c=d", r"back\slash,t=x\y",
            "m,a=1", "m,a=1,b=1", "m,a=1-", "m", "m,a=10"]):
        yield _line(series, {r"f\ \,\=": "1", "g": _integer(index)}, BEGIN_NS + index)


def numbers() -> Iterator[str]:
    """Doubles of all magnitudes, as text must show them."""
    values = [0.0, -0.0, 0.1, 1e-4, 9.999e-5, 123456.0, 999999.5, 1e6, 1234567.0, 1e21, 5e-324,
              1.7976931348623157e308, -2.5, 1 / 3, 1e15 / 7, 100.0, 1e-7, 12345678901234567.0]
    for index, value in enumerate(values):
        yield _line("number", {"v": _float(value), "w": _float(-value / 3)}, BEGIN_NS - index)


def late_rows() -> Iterator[str]:
    """Rows in front of, between and in place of those of `every_column`."""
    dice = random.Random(_SEED + 2)
    for index in range(-40, ROW_COUNT, 7):
        fields = {"i_packed": _integer(index), "f_decimal": _float(round(dice.random(), 1)),
                  "s_few": _string("late")}
        for name in dice.sample(list(fields), dice.randrange(3)):
            del fields[name]
        time_ns = BEGIN_NS + index * STEP_NS + (0 if index % 2 else 3 * S_NS)
        yield _line("shape,of=values", fields, time_ns)


def later_rows() -> Iterator[str]:
    """Again in place of some rows, a new field, and rows that go on."""
    dice = random.Random(_SEED + 3)
    columns = _columns(dice)
    for index in list(range(0, ROW_COUNT, 31)) + list(range(ROW_COUNT, ROW_COUNT + 300)):
        fields = {name: value_of(index) for name, value_of in columns.items()}
        fields["added"] = _integer(index)
        yield _line("shape,of=values", fields, BEGIN_NS + index * STEP_NS)
        yield _line("shape,of=values", {"i_packed": _integer(1)}, BEGIN_NS + index * STEP_NS)


def with_nan() -> Iterator[str]:
    """Floats of which some were measured and are nothing."""
    dice = random.Random(_SEED + 4)
    for index in range(300):
        value = "nan" if dice.random() < 0.1 else _float(round(dice.uniform(0, 9), 1))
        yield _line("probe,host=a", {"v": value, "ok": _boolean(value != "nan")},
                    BEGIN_NS + index * S_NS)


def with_nan_later() -> Iterator[str]:
    """NaN in place of a number, and a number in place of NaN."""
    for index in range(0, 300, 3):
        value = "NaN" if index % 2 else _float(float(index))
        yield _line("probe,host=a", {"v": value}, BEGIN_NS + index * S_NS)


def old_and_young() -> Iterator[str]:
    """Rows of two decades, of which a policy may keep one."""
    for index in range(20):
        yield _line("age", {"v": _integer(index)}, _OLD_NS + index)
        yield _line("age", {"v": _integer(index)}, BEGIN_NS + index)


def dropped() -> Iterator[str]:
    """What `DELETIONS` drop."""
    for index in range(5):
        for host in "ab":
            yield _line(f"dropped,host={host}", {"v": _float(float(index))}, BEGIN_NS + index)
            yield _line(f"kept,host={host}", {"v": _float(float(index))}, BEGIN_NS + index)


# Before `later_rows`, some of which are at times that are deleted here.
DELETIONS = [
    f"DELETE FROM shape WHERE \"of\" = 'values' AND time >= {BEGIN_NS + 20 * STEP_NS} "
    f"AND time < {BEGIN_NS + 90 * STEP_NS}",
    f"DELETE FROM shape WHERE times = 'jittered' AND time >= {BEGIN_NS + 1000 * STEP_NS}",
    f"DELETE FROM /^kept$/ WHERE time = {BEGIN_NS + 3}",
    "DROP SERIES FROM kept WHERE host = 'b'",
    "DROP MEASUREMENT dropped",
]


def after_dropped() -> Iterator[str]:
    """The same names again, with another type."""
    yield _line("dropped,host=a", {"v": _integer(1)}, BEGIN_NS)
    yield _line("kept,host=b", {"v": _float(0.5)}, BEGIN_NS + 9)
