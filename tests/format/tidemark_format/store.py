"""A store's directory: its files together, and the rows that they say. FORMAT.md section 1."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from . import catalogue as catalogue_format
from . import documents as documents_format
from . import manifest as manifest_format
from .catalogue import Catalogue, read_catalogue
from .codecs_met import CodecsMet
from .columns import Value
from .damage import Damage, require, within
from .documents import Documents, read_documents
from .manifest import Manifest, ManifestSegment, Tombstone, read_manifest
from .record_log import RecordLog, read_record_log
from .row_batch import BatchRow, read_row_batch
from .segment import RowGroup, Segment, SegmentSeries, read_segment
from .wal import Frame, judge, read_wal_file

FORMAT_MAGIC = b"TMST"

_SEGMENT_NAME = re.compile(r"segment-([0-9a-f]{16})\.seg")
_WAL_NAME = re.compile(r"wal-([0-9a-f]{16})\.wal")

# The rows of one series: the values of fields, by time.
SeriesRows = dict[int, dict[bytes, Value]]


@dataclass
class Store:
    """What a directory holds: rows by series id, what is damaged, and what is worth a note."""

    catalogue: Catalogue
    documents: Documents = field(default_factory=Documents)
    rows: dict[int, SeriesRows] = field(default_factory=dict)
    damages: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    codecs_met: CodecsMet = field(default_factory=set)


def read_store(directory: Path) -> Store:
    """Reads every file of the store. Damage when the directory is none."""
    return _StoreReader(directory).read()


class ArrivedGroup(NamedTuple):
    """A row group of a series, and the times of it that were deleted after it arrived."""

    series_id: int
    row_group: RowGroup
    deleted: list[range]


def _arrived(series_id: int, row_group: RowGroup, tombstones: list[Tombstone]) -> ArrivedGroup:
    return ArrivedGroup(series_id, row_group, [
        range(tombstone.first_time, tombstone.last_time + 1) for tombstone in tombstones
        if tombstone.hides(series_id, row_group.last_sequence)])


class _StoreReader:
    """Reads one store, file by file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._store = Store(Catalogue())

    def read(self) -> Store:
        """Segments first, in the order in which their rows arrived, then the log."""
        require((self._directory / "format").is_file(), f"a store in {self._directory}")
        form = self._read_log("format", FORMAT_MAGIC)
        self._tell_damage("format", form.damages)
        with within("catalogue"):
            self._store.catalogue = read_catalogue(
                self._read_log("catalogue", catalogue_format.MAGIC))
        self._tell_damage("catalogue", self._store.catalogue.damages)
        with within("manifest"):
            manifest = read_manifest(self._read_log("manifest", manifest_format.MAGIC))
        self._tell_damage("manifest", manifest.damages)
        if (self._directory / "documents").exists():
            with within("documents"):
                self._store.documents = read_documents(
                    self._read_log("documents", documents_format.MAGIC))
            self._tell_damage("documents", self._store.documents.damages)
        for arrived in self._row_groups(manifest):
            self._take_row_group(arrived)
        for frame in self._frames(manifest):
            self._take_frame(frame)
        return self._store

    def _read_log(self, name: str, magic: bytes) -> RecordLog:
        path = self._directory / name
        if not path.exists():
            return RecordLog(damages=["the file is missing"])
        with within(name):
            return read_record_log(path.read_bytes(), magic)

    def _tell_damage(self, name: str, damages: list[str]) -> None:
        self._store.damages += [f"{name}: {damage}" for damage in damages]

    def _files(self, folder: str, name: re.Pattern[str]) -> Iterator[tuple[int, Path]]:
        """The files of this name with their numbers, ascending; others are told."""
        home = self._directory / folder
        for path in sorted(home.iterdir()) if home.exists() else ():
            match = name.fullmatch(path.name)
            if match:
                yield int(match[1], 16), path
            else:
                self._store.notes.append(f"{folder}/{path.name}: not a file of a store")

    def _row_groups(self, manifest: Manifest) -> list[ArrivedGroup]:
        """Of all live segments, in order of arrival. Sections 5 and 8."""
        found: list[ArrivedGroup] = []
        there = dict(self._files("segments", _SEGMENT_NAME))
        for segment_id, (described, last_tombstone_id) in manifest.segments.items():
            if self._store.catalogue.policy_was_dropped(described.policy_id):
                there.pop(segment_id, None)  # Removed at the next start.
                continue
            if segment_id not in there:
                self._store.damages.append(f"segment {segment_id}: the file is missing")
                continue
            name = f"segments/{there.pop(segment_id).name}"
            try:
                with within(name):
                    segment = self._read_segment(name, described)
            except Damage as damage:
                self._store.damages.append(str(damage))
                continue
            tombstones = [tombstone for number, tombstone in manifest.tombstones.items()
                          if number > last_tombstone_id
                          and tombstone.policy_id == described.policy_id]
            for series in segment.series:
                if self._is_known(name, described.policy_id, series):
                    found += [_arrived(series.series_id, group, tombstones)
                              for group in series.row_groups]
        self._store.notes += [f"segments/{path.name}: not in the manifest"
                              for path in there.values()]
        found.sort(key=lambda arrived: (arrived.row_group.last_sequence,
                                        arrived.row_group.first_sequence))
        return found

    def _read_segment(self, name: str, described: ManifestSegment) -> Segment:
        data = (self._directory / name).read_bytes()
        segment = read_segment(data, self._store.codecs_met)
        self._tell_damage(name, segment.damages)
        trailer = segment.trailer
        found = ManifestSegment(
            trailer.segment_id, described.policy_id, trailer.first_time, trailer.last_time,
            trailer.first_sequence, trailer.last_sequence, trailer.series_count,
            trailer.row_count, trailer.sample_count, len(data))
        require(found == described, f"what the manifest says, {described}, found {found}")
        return segment

    def _is_known(self, name: str, policy_id: int, series: SegmentSeries) -> bool:
        """Whether rows of a series count: not those of what was dropped."""
        catalogue = self._store.catalogue
        if series.series_id in catalogue.series:
            found = catalogue.series_key(series.series_id), catalogue.policy_of(series.series_id)
            if found == (series.key, policy_id):
                return True
            self._store.damages.append(f"{name}: series {series.series_id} is {series.key!r} of "
                                       f"policy {policy_id}, in the catalogue {found}")
        elif not catalogue.series_was_given_out(series.series_id):
            self._store.damages.append(
                f"{name}: the catalogue does not have series {series.series_id}")
        return False

    def _take_row_group(self, arrived: ArrivedGroup) -> None:
        series_id, row_group, deleted = arrived
        catalogue = self._store.catalogue
        measurement = catalogue.measurements[catalogue.series[series_id].measurement_id]
        rows = self._store.rows.setdefault(series_id, {})
        for column in row_group.columns:
            if measurement.field_type(column.name) != column.field_type:
                self._store.damages.append(f"series {series_id}: the catalogue does not have field "
                                           f"{column.name!r} as {column.field_type.name}")
                continue
            for time, value in zip(row_group.times, column.values):
                if value is not None and not any(time in times for times in deleted):
                    rows.setdefault(time, {})[column.name] = value

    def _frames(self, manifest: Manifest) -> list[Frame]:
        """Of all files of the log: those that hold rows which are in no segment. Section 2."""
        files = []
        for _, path in self._files("wal", _WAL_NAME):
            name = f"wal/{path.name}"
            with within(name):
                files.append((name, read_wal_file(path.read_bytes())))
        verdict = judge(files, manifest.flushed_sequence)
        self._store.damages += verdict.corruption
        self._store.notes += verdict.torn
        return verdict.frames

    def _take_frame(self, frame: Frame) -> None:
        place = f"log: sequence {frame.sequence}"
        try:
            with within(place):
                rows = read_row_batch(frame.payload)
        except Damage as damage:
            self._store.damages.append(str(damage))
            return
        for row in rows:
            if self._is_known_row(place, row):
                self._take_row(place, row)

    def _is_known_row(self, place: str, row: BatchRow) -> bool:
        catalogue = self._store.catalogue
        if row.series_id in catalogue.series:
            return True
        if not catalogue.series_was_given_out(row.series_id):
            self._store.damages.append(
                f"{place}: the catalogue does not have series {row.series_id}")
        return False

    def _take_row(self, place: str, row: BatchRow) -> None:
        catalogue = self._store.catalogue
        fields = catalogue.measurements[catalogue.series[row.series_id].measurement_id].fields
        for batch_field, value in zip(row.fields, row.values):
            name, field_type = fields.get(batch_field.index, (b"", None))
            if field_type != batch_field.field_type:
                self._store.damages.append(
                    f"{place}: the catalogue does not have field {batch_field.index} of series "
                    f"{row.series_id} as {batch_field.field_type.name}")
                continue
            rows = self._store.rows.setdefault(row.series_id, {})
            rows.setdefault(row.time, {})[name] = value
