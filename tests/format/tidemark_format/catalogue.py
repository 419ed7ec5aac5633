"""Databases, retention policies, measurements, fields and series. FORMAT.md section 6."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import accumulate

from .booleans import read_boolean
from .byte_reader import ByteReader
from .columns import FieldType, read_field_type
from .damage import Damage, Unsupported, require
from .record_log import RecordLog

MAGIC = b"TMCA"
FIRST_POLICY = b"autogen"


class RecordKind(IntEnum):
    """What a record of the catalogue says."""

    DATABASE_CREATED = 1
    DATABASE_DROPPED = 2
    MEASUREMENT_ADDED = 3
    FIELD_ADDED = 4
    SERIES_ADDED = 5
    POLICY_SET = 6
    POLICY_DROPPED = 7
    STALE_SET = 8
    NAN_SET = 9
    SERIES_DROPPED = 10
    MEASUREMENT_DROPPED = 11


@dataclass
class Database:
    """The policies of a database by their names; 0 when it has no default one."""

    name: bytes
    default_policy_id: int
    policy_ids: dict[bytes, int]


@dataclass
class Policy:
    """A retention policy. A duration of 0 is for ever."""

    database_id: int
    name: bytes
    duration_ns: int = 0
    measurement_ids: dict[bytes, int] = field(default_factory=dict)


@dataclass
class Measurement:
    """The fields of a measurement, by their indices, and its series, by their tags."""

    policy_id: int
    name: bytes
    fields: dict[int, tuple[bytes, FieldType]] = field(default_factory=dict)
    series_ids: dict[tuple[tuple[bytes, bytes], ...], int] = field(default_factory=dict)

    def field_type(self, name: bytes) -> FieldType | None:
        """The type of the field of this name."""
        return next((kind for known, kind in self.fields.values() if known == name), None)


@dataclass(frozen=True)
class Series:
    """What names a series; its tags ascend by key."""

    measurement_id: int
    tags: tuple[tuple[bytes, bytes], ...]


class Catalogue:
    """What was introduced by records, and is not dropped."""

    def __init__(self) -> None:
        self.databases: dict[int, Database] = {}
        self.policies: dict[int, Policy] = {}
        self.measurements: dict[int, Measurement] = {}
        self.series: dict[int, Series] = {}
        self.damages: list[str] = []
        self._policy_ids_given: set[int] = set()  # Those of databases too: counted together.
        self._measurement_ids_given: set[int] = set()
        self._series_ids_given: set[int] = set()
        self._readers: dict[int, Callable[[ByteReader], None]] = {
            RecordKind.DATABASE_CREATED: self._create_database,
            RecordKind.DATABASE_DROPPED: self._drop_database,
            RecordKind.MEASUREMENT_ADDED: self._add_measurement,
            RecordKind.FIELD_ADDED: self._add_field,
            RecordKind.SERIES_ADDED: self._add_series,
            RecordKind.POLICY_SET: self._set_policy,
            RecordKind.POLICY_DROPPED: self._drop_policy,
            RecordKind.STALE_SET: self._set_stale,
            RecordKind.NAN_SET: self._set_nan,
            RecordKind.SERIES_DROPPED: self._drop_series,
            RecordKind.MEASUREMENT_DROPPED: self._drop_measurement,
        }

    def apply(self, reader: ByteReader) -> None:
        """Takes the payload of a record in; Damage when it is not valid, which changes nothing."""
        kind = reader.u8()
        if kind not in self._readers:
            raise Unsupported(f"catalogue record of the unknown kind {kind}")
        self._readers[kind](reader)

    def database_id(self, name: bytes) -> int | None:
        """The id of the database of this name."""
        return next((database_id for database_id, database in self.databases.items()
                     if database.name == name), None)

    def series_was_given_out(self, series_id: int) -> bool:
        """Whether a record introduced it, even if it is dropped."""
        return series_id in self._series_ids_given

    def policy_was_dropped(self, policy_id: int) -> bool:
        """Whether a record introduced it, and it is not there any more."""
        return policy_id in self._policy_ids_given and policy_id not in self.policies

    def series_key(self, series_id: int) -> bytes:
        """The canonical key. Section 6."""
        series = self.series[series_id]
        parts = [escaped(self.measurements[series.measurement_id].name)]
        parts += [escaped(key) + b"=" + escaped(value) for key, value in series.tags]
        return b",".join(parts)

    def policy_of(self, series_id: int) -> int:
        """The id of the policy that a series belongs to."""
        return self.measurements[self.series[series_id].measurement_id].policy_id

    def _create_database(self, reader: ByteReader) -> None:
        database_id = reader.varint()
        name = reader.sized()
        reader.finish()
        self._require_not_given(database_id, self._policy_ids_given)
        namesake = self.database_id(name)
        if namesake is not None:
            self._forget_database(namesake)
        self.databases[database_id] = Database(name, database_id, {FIRST_POLICY: database_id})
        self.policies[database_id] = Policy(database_id, FIRST_POLICY)
        self._policy_ids_given.add(database_id)

    def _drop_database(self, reader: ByteReader) -> None:
        database_id = self._known(reader.varint(), self.databases, "database")
        reader.finish()
        self._forget_database(database_id)

    def _add_measurement(self, reader: ByteReader) -> None:
        measurement_id = reader.varint()
        policy_id = self._known(reader.varint(), self.policies, "policy")
        name = reader.sized()
        reader.finish()
        self._require_not_given(measurement_id, self._measurement_ids_given)
        policy = self.policies[policy_id]
        require(name not in policy.measurement_ids, f"another measurement than {name!r}")
        policy.measurement_ids[name] = measurement_id
        self.measurements[measurement_id] = Measurement(policy_id, name)
        self._measurement_ids_given.add(measurement_id)

    def _add_field(self, reader: ByteReader) -> None:
        measurement_id = self._known(reader.varint(), self.measurements, "measurement")
        index = reader.varint()
        field_type = read_field_type(reader.u8())
        name = reader.sized()
        reader.finish()
        measurement = self.measurements[measurement_id]
        require(index not in measurement.fields, f"another index of a field than {index}")
        require(measurement.field_type(name) is None, f"another field than {name!r}")
        measurement.fields[index] = (name, field_type)

    def _add_series(self, reader: ByteReader) -> None:
        series_id = reader.varint()
        measurement_id = self._known(reader.varint(), self.measurements, "measurement")
        tags = tuple((reader.sized(), reader.sized()) for _ in range(reader.varint()))
        reader.finish()
        self._require_not_given(series_id, self._series_ids_given)
        keys = [key for key, _ in tags]
        require(all(left < right for left, right in zip(keys, keys[1:])), "ascending tag keys")
        require(all(value for _, value in tags), "tags with values")
        measurement = self.measurements[measurement_id]
        require(tags not in measurement.series_ids, "another series")
        measurement.series_ids[tags] = series_id
        self.series[series_id] = Series(measurement_id, tags)
        self._series_ids_given.add(series_id)

    def _set_policy(self, reader: ByteReader) -> None:
        policy_id = reader.varint()
        database_id = self._known(reader.varint(), self.databases, "database")
        name = reader.sized()
        duration_ns = reader.varint()
        for _ in range(4):  # Shard duration, future limit, past limit, replication.
            reader.varint()
        is_default = read_boolean(reader)
        reader.finish()
        database = self.databases[database_id]
        policy = self.policies.get(policy_id)
        if policy is None:
            self._require_not_given(policy_id, self._policy_ids_given)
            if name in database.policy_ids:
                self._forget_policy(database.policy_ids[name])
            policy = self.policies[policy_id] = Policy(database_id, name)
            database.policy_ids[name] = policy_id
            self._policy_ids_given.add(policy_id)
        require((policy.database_id, policy.name) == (database_id, name),
                f"policy {policy_id} in its database and by its name")
        policy.duration_ns = duration_ns
        if is_default:
            database.default_policy_id = policy_id

    def _drop_policy(self, reader: ByteReader) -> None:
        policy_id = self._known(reader.varint(), self.policies, "policy")
        reader.finish()
        self._forget_policy(policy_id)

    def _set_stale(self, reader: ByteReader) -> None:
        self._known(reader.varint(), self.databases, "database")
        reader.sized()
        reader.varint()
        reader.finish()

    def _set_nan(self, reader: ByteReader) -> None:
        self._known(reader.varint(), self.databases, "database")
        read_boolean(reader)
        reader.finish()

    def _drop_series(self, reader: ByteReader) -> None:
        series_ids = [self._known(series_id, self.series, "series")
                      for series_id in read_series_ids(reader)]
        reader.finish()
        for series_id in series_ids:
            series = self.series.pop(series_id)
            del self.measurements[series.measurement_id].series_ids[series.tags]

    def _drop_measurement(self, reader: ByteReader) -> None:
        measurement_id = self._known(reader.varint(), self.measurements, "measurement")
        reader.finish()
        measurement = self.measurements[measurement_id]
        del self.policies[measurement.policy_id].measurement_ids[measurement.name]
        self._forget_measurement(measurement_id)

    def _forget_database(self, database_id: int) -> None:
        for policy_id in list(self.databases[database_id].policy_ids.values()):
            self._forget_policy(policy_id)
        del self.databases[database_id]

    def _forget_policy(self, policy_id: int) -> None:
        policy = self.policies.pop(policy_id)
        database = self.databases[policy.database_id]
        del database.policy_ids[policy.name]
        if database.default_policy_id == policy_id:
            database.default_policy_id = 0
        for measurement_id in policy.measurement_ids.values():
            self._forget_measurement(measurement_id)

    def _forget_measurement(self, measurement_id: int) -> None:
        for series_id in self.measurements.pop(measurement_id).series_ids.values():
            del self.series[series_id]

    @staticmethod
    def _known(number: int, known: dict[int, object], what: str) -> int:
        require(number in known, f"a known {what}, found {number}")
        return number

    @staticmethod
    def _require_not_given(number: int, given: set[int]) -> None:
        require(number > 0 and number not in given, f"an id that is new, found {number}")


def read_series_ids(reader: ByteReader) -> list[int]:
    """Ascending ids, each as its distance from the one before. Section 6, "Series ids"."""
    distances = [reader.varint() for _ in range(reader.varint())]
    require(all(distances), "series ids that ascend")
    return list(accumulate(distances))


def escaped(name: bytes) -> bytes:
    """As in a canonical key: a backslash in front of comma, equals sign, space and backslash."""
    for special in (b"\\", b",", b"=", b" "):
        name = name.replace(special, b"\\" + special)
    return name


def read_catalogue(log: RecordLog) -> Catalogue:
    """What all valid records say together."""
    catalogue = Catalogue()
    catalogue.damages += log.damages
    for offset, payload in log.records:
        try:
            catalogue.apply(ByteReader(payload))
        except Damage as damage:
            catalogue.damages.append(f"record at 0x{offset:x}: {damage}")
        except Unsupported as unsupported:
            raise Unsupported(f"record at 0x{offset:x}: {unsupported}") from None
    return catalogue
