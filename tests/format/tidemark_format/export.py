"""What `tidemark export` prints of a store: docs/TOOLS.md, "Export"."""

from collections.abc import Iterator

from .columns import FieldType
from .line_protocol import NotWritable, field_key_text, field_value_text, series_text
from .store import SeriesRows, Store


class ExportError(Exception):
    """There is no such database or policy."""


class Export:
    """One retention policy of a database, as line protocol."""

    def __init__(self, store: Store, database: bytes, policy: bytes | None, now_ns: int) -> None:
        """The default policy when none is named. Rows that are expired by `now_ns` are not shown."""
        self.warnings: list[str] = []
        self._store = store
        catalogue = store.catalogue
        database_id = catalogue.database_id(database)
        if database_id is None:
            raise ExportError(f"database not found: {database.decode()}")
        there = catalogue.databases[database_id]
        policy_id = (there.policy_ids.get(policy) if policy is not None
                     else there.default_policy_id)
        if not policy_id:
            raise ExportError(f"there is no retention policy {(policy or b'').decode()}")
        if policy is None and len(there.policy_ids) > 1:
            self.warnings.append("only the default retention policy was exported")
        self._policy = catalogue.policies[policy_id]
        duration_ns = self._policy.duration_ns
        self._earliest_ns = now_ns - duration_ns if duration_ns else None

    def lines(self) -> Iterator[bytes]:
        """By measurement, series key and time."""
        catalogue = self._store.catalogue
        for _, measurement_id in sorted(self._policy.measurement_ids.items()):
            measurement = catalogue.measurements[measurement_id]
            types = dict(measurement.fields.values())
            for series_id in sorted(measurement.series_ids.values(), key=catalogue.series_key):
                rows = self._store.rows.get(series_id, {})
                try:
                    begin = series_text(measurement.name, catalogue.series[series_id].tags)
                    yield from self._series_lines(begin, types, rows)
                except NotWritable as reason:
                    self.warnings.append(f"{reason} cannot be said in line protocol")

    def _series_lines(self, begin: bytes, types: dict[bytes, FieldType],
                      rows: SeriesRows) -> Iterator[bytes]:
        for time, values in sorted(rows.items()):
            if self._earliest_ns is not None and time < self._earliest_ns:
                continue
            fields = b",".join(field_key_text(name) + b"=" + field_value_text(types[name], value)
                               for name, value in sorted(values.items()))
            yield b"%b %b %d\n" % (begin, fields, time)
