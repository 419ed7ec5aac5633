"""Documents of databases, in all their versions. FORMAT.md section 11."""

from dataclasses import dataclass, field
from enum import IntEnum

from .byte_reader import ByteReader
from .damage import Damage, Unsupported, require
from .record_log import RecordLog

MAGIC = b"TMDC"

_ID_LIMIT = 1 << 32


class RecordKind(IntEnum):
    """What a record says of a document."""

    VERSION = 1
    REMOVAL = 2


@dataclass(frozen=True)
class DocumentVersion:
    """A version of a document; without bytes where it was removed."""

    version: int
    sequence: int
    time: int
    author: bytes
    reason: bytes
    document: bytes | None


@dataclass
class Documents:
    """The versions by database id, kind and name, oldest first."""

    versions: dict[tuple[int, bytes, bytes], list[DocumentVersion]] = field(default_factory=dict)
    damages: list[str] = field(default_factory=list)


def read_documents(log: RecordLog) -> Documents:
    """What all valid records say together."""
    documents = Documents(damages=list(log.damages))
    for offset, payload in log.records:
        try:
            _apply(documents, ByteReader(payload))
        except Damage as damage:
            documents.damages.append(f"record at 0x{offset:x}: {damage}")
        except Unsupported as unsupported:
            raise Unsupported(f"record at 0x{offset:x}: {unsupported}") from None
    return documents


def _apply(documents: Documents, reader: ByteReader) -> None:
    record_kind = reader.u8()
    if record_kind not in (RecordKind.VERSION, RecordKind.REMOVAL):
        raise Unsupported(f"documents record of the unknown kind {record_kind}")
    database_id = reader.varint()
    require(database_id < _ID_LIMIT, f"a database id of 32 bits, found {database_id}")
    version, sequence, time = reader.varint(), reader.varint(), reader.zigzag()
    kind, name, author, reason = (reader.sized() for _ in range(4))
    document = reader.sized() if record_kind == RecordKind.VERSION else None
    reader.finish()
    history = documents.versions.setdefault((database_id, kind, name), [])
    newest = history[-1].version if history else 0
    require(version > newest, f"a version above {newest}, found {version}")
    history.append(DocumentVersion(version, sequence, time, author, reason, document))
